#include "store/manifest.hpp"

#include "base/refuse.hpp"
#include "store/json_fields.hpp"
#include "store/store_failure.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace hotswap::detail {

namespace {

constexpr std::string_view manifest_kind = "manifest";

// The name becomes part of a path, so it must not lead to another directory.
bool is_file_name(std::string_view name) {
    return !name.empty() && name[0] != '.' && name.find('/') == name.npos && name.find('\0') == name.npos;
}

/// The fault of a set; empty: none.
std::string fault_of(manifest const& set) {
    std::set<std::string_view> names;
    for (auto const& each : set.components) {
        if (each.name.empty()) return "a component has no name";
        if (!names.insert(each.name).second) return fmt::format("component \"{}\" is there twice", each.name);
        if (each.digest.empty()) return fmt::format("component \"{}\" has no module", each.name);
        for (auto const& digest : each.modules())
            if (!is_digest(digest))
                return fmt::format("component \"{}\" names a module by \"{}\", which is not a digest",
                                   each.name, digest);
        for (auto const& file : each.snapshots())
            if (!is_file_name(file))
                return fmt::format("component \"{}\" names a snapshot \"{}\", which is not a file's name",
                                   each.name, file);
    }
    return {};
}

bool parse(std::string_view text, manifest& set) {
    boost::json::error_code error;
    auto const value = boost::json::parse(text, error, {}, any_text());
    return !error && field_reader()(value, set);
}

}  // namespace

std::vector<std::string> stored_component::modules() const {
    auto all = path_modules;
    if (!digest.empty()) all.push_back(digest);
    if (!previous.digest.empty()) all.push_back(previous.digest);
    return all;
}

std::vector<std::string> stored_component::snapshots() const {
    std::vector<std::string> all;
    if (!snapshot.file.empty()) all.push_back(snapshot.file);
    if (!way_back.snapshot.file.empty()) all.push_back(way_back.snapshot.file);
    return all;
}

stored_component* manifest::find(std::string_view name) noexcept {
    auto const found = std::ranges::find(components, name, &stored_component::name);
    return found == components.end() ? nullptr : &*found;
}

stored_component const* manifest::find(std::string_view name) const noexcept {
    return const_cast<manifest*>(this)->find(name);
}

result<std::string> write_manifest(manifest const& set, sealer const& seals) {
    auto text = boost::json::serialize(field_writer()(set)) + "\n";
    manifest again;
    auto fault = fault_of(set);
    if (fault.empty() && (!parse(text, again) || again != set)) fault = "it cannot be read again";
    if (fault.empty() && text.size() + longest_seal > largest_manifest)
        fault = fmt::format("it has {} bytes, at most {} are allowed", text.size(), largest_manifest);
    if (!fault.empty())
        return refuse(errc::invalid_argument, phase::persist, "the set cannot be stored: {}", fault);
    return seals.seal(manifest_kind, set.number, {}, std::array{std::as_bytes(std::span(text))}) + text;
}

result<manifest> read_manifest(std::span<std::byte const> file, sealer const& seals,
                               std::filesystem::path const& path) {
    auto const opened = seals.open(file, manifest_kind, path);
    if (!opened) return opened.error();
    std::string_view const text(reinterpret_cast<char const*>(opened->content.data()),
                                opened->content.size());
    manifest set;
    if (!parse(text, set) || set.number != opened->sequence)
        return store_damage(path, "its seal is right, but its text is not a manifest");
    if (auto const fault = fault_of(set); !fault.empty()) return store_damage(path, fault);
    return set;
}

}  // namespace hotswap::detail
