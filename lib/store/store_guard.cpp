// Data that a store must not lose: entries for which this process does not vouch, files set aside, and newer
// signatures.
#include "base/refuse.hpp"
#include "module/module_source.hpp"
#include "store/store.hpp"
#include "store/store_failure.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace hotswap::detail {

namespace {

constexpr char aside_name[] = "aside";
constexpr std::uint64_t largest_signature = 64U << 10;
constexpr std::uint64_t largest_file = std::uint64_t{1} << 30;

// A file that is already missing is skipped. On a file system without hard links, makes a copy.
result<void> keep_in(directory const& aside, directory const& from, std::string const& name) {
    int const error =
        attempt("store.link", [&] { return linkat(from.fd(), name.c_str(), aside.fd(), name.c_str(), 0); });
    if (error == 0 || error == EEXIST || error == ENOENT) return {};
    auto const content = from.read(name, largest_file);
    if (!content) return content.error();
    if (!*content) return {};
    return aside.write(name, std::array{std::span<std::byte const>(**content)}, 0400);
}

}  // namespace

void store::vouch_for(std::string_view component) {
    mutex_lock const lock(mutex_);
    vouched_.emplace(component);
}

void store::vouch_for_none() noexcept {
    mutex_lock const lock(mutex_);
    vouched_.clear();
}

manifest store::current() {
    mutex_lock const lock(mutex_);
    return current_;
}

// The component whose entry the next set replaces or drops although this process has not read it; empty:
// none.
std::string store::lost_by(manifest const& next) const {
    for (auto const& each : current_.components) {
        if (each.unloaded != 0 || vouched_.contains(each.name)) continue;
        auto const* const after = next.find(each.name);
        if (after == nullptr || *after != each) return fmt::format("\"{}\"", each.name);
    }
    return {};
}

// This process itself has written the new entries of the set.
std::set<std::string, std::less<>> store::vouched_with(manifest const& next) const {
    auto vouched = vouched_;
    for (auto const& each : next.components) {
        auto const* const before = current_.find(each.name);
        if (before == nullptr || *before != each) vouched.insert(each.name);
    }
    return vouched;
}

result<void> store::set_aside(stored_component const& of) {
    auto aside = top_.open_within(aside_name);
    if (!aside) return aside.error();
    for (auto const& file : of.snapshots())
        if (auto kept = keep_in(*aside, snapshots_, file); !kept) return kept;
    for (auto const& digest : of.modules())
        if (auto kept = keep_in(*aside, modules_, digest + ".so"); !kept) return kept;
    return aside->sync();
}

result<std::string> store::signature(std::string const& digest) const {
    auto const found = modules_.read(digest + ".so" + signature_suffix, largest_signature);
    if (!found) return found.error();
    if (!*found) return std::string();
    return std::string(reinterpret_cast<char const*>((*found)->data()), (*found)->size());
}

result<void> store::keep_signature(std::string const& digest, std::string_view text) {
    if (!is_digest(digest))
        return refuse(errc::invalid_argument, phase::persist, "\"{}\" is not the digest of a module", digest);
    return modules_.write(digest + ".so" + signature_suffix, std::array{std::as_bytes(std::span(text))},
                          0400);
}

}  // namespace hotswap::detail
