#include "module/static_block.hpp"

#include "base/refuse.hpp"
#include "module/checked.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace hotswap::detail {

namespace {

// The bytes that glibc keeps for objects that are loaded later, and the part of them that its tunable sets.
constexpr std::uint64_t spare = 1664;
constexpr std::uint64_t optional_by_default = 512;
constexpr std::string_view tunable = "glibc.rtld.optional_static_tls=";

std::uint64_t size_in_this_process() {
    std::uint64_t optional = optional_by_default;
    char const* const variable = std::getenv("GLIBC_TUNABLES");
    std::string_view const text = variable == nullptr ? "" : variable;
    if (auto const at = text.rfind(tunable); at != text.npos) {
        auto const digits = text.substr(at + tunable.size());
        bool const is_hexadecimal = digits.starts_with("0x");
        std::from_chars(digits.data() + (is_hexadecimal ? 2 : 0), digits.data() + digits.size(), optional,
                        is_hexadecimal ? 16 : 10);
    }
    return spare - optional_by_default + optional;
}

}  // namespace

std::uint64_t static_block_bytes(elf_image const& object) {
    if (!object.wants_static_block()) return 0;
    return object.thread_local_bytes();
}

result<void> expect_room_for_revert(std::uint64_t running, std::uint64_t next, std::string_view name) {
    if (running == 0 || next == 0 || static_block::of_process().has_room_for(running + next)) return {};
    return refuse(errc::load_failed, phase::plan,
                  "{} takes {} bytes of static TLS, and this process would then lack the {} bytes that a "
                  "revert needs; {}",
                  name, next, running, static_block_remedy);
}

std::vector<finding> lint_static_block(elf_image const& image, needed_libraries const& libraries,
                                       std::string_view name, bool as_host) {
    std::vector<finding> found;
    for (needed_library const& each : libraries.all()) {
        auto const taken =
            !each.is_loaded && each.file && each.file->image ? static_block_bytes(*each.file->image) : 0;
        if (taken != 0)
            found.push_back(
                warning(errc::lint_refused, each.name,
                        fmt::format("{} brings {}, which takes {} bytes of static TLS each time that "
                                    "it is loaded",
                                    name, each.file->path.string(), taken),
                        "link it to the host, or compile it with -ftls-model=global-dynamic"));
    }
    auto const bytes = static_block_bytes(image);
    if (bytes == 0) return found;
    if (as_host && static_block::of_process().is_known_to_refuse(bytes)) {
        found.push_back(refusing(
            errc::load_failed, "static TLS",
            fmt::format("{} needs {} bytes of static TLS, and this process does not have as many left: the "
                        "linker has already refused this number",
                        name, bytes),
            static_block_remedy));
        return found;
    }
    auto const times = static_block(as_host ? size_in_this_process() : spare).loads_left(bytes);
    auto text = fmt::format(
        "{} has {} bytes of static TLS, which each load takes: it can be swapped about {} "
        "times in a process",
        name, bytes, times == 0 ? 0 : times - 1);
    if (as_host)
        text += fmt::format(", and this one has room for about {} loads, this one included",
                            static_block::of_process().loads_left(bytes));
    found.push_back(warning(errc::lint_refused, "static TLS", std::move(text), static_block_remedy));
    return found;
}

static_block& static_block::of_process() {
    static static_block block(size_in_this_process());
    return block;
}

void static_block::took(void const* owner, std::uint64_t bytes) {
    mutex_lock const lock(mutex_);
    parts_.push_back({owner, bytes});
}

void static_block::gave_back(void const* owner) noexcept {
    mutex_lock const lock(mutex_);
    auto const found =
        std::find_if(parts_.begin(), parts_.end(), [owner](part const& each) { return each.owner == owner; });
    if (found == parts_.end()) return;
    found->owner = nullptr;
    if (found + 1 == parts_.end()) parts_.pop_back();
    refused_ = 0;
}

void static_block::refused(std::uint64_t bytes) noexcept {
    mutex_lock const lock(mutex_);
    refused_ = refused_ == 0 ? bytes : std::min(refused_, bytes);
}

bool static_block::is_known_to_refuse(std::uint64_t bytes) const noexcept {
    mutex_lock const lock(mutex_);
    return refused_ != 0 && bytes >= refused_;
}

std::uint64_t static_block::loads_left(std::uint64_t bytes) const noexcept {
    mutex_lock const lock(mutex_);
    return left() / bytes;
}

bool static_block::has_room_for(std::uint64_t bytes) const noexcept {
    mutex_lock const lock(mutex_);
    return bytes <= left();
}

std::uint64_t static_block::left() const noexcept {
    std::uint64_t taken = 0;
    for (part const& each : parts_) taken += each.bytes;
    return taken >= size_ ? 0 : size_ - taken;
}

}  // namespace hotswap::detail
