#include "module/module_file.hpp"

#include "base/refuse.hpp"
#include "module/elf_image.hpp"

#include <boost/core/demangle.hpp>

#include <algorithm>
#include <cstring>

namespace hotswap::detail {

namespace {

template <std::size_t N>
bool is_text(char const (&field)[N]) {
    return std::find(field, field + N, '\0') != field + N;
}

bool is_sound(abi::descriptor const& d) {
    if (!is_text(d.component) || !is_text(d.release) || !is_text(d.contract) || !is_text(d.schema))
        return false;
    if (d.component[0] == '\0' || d.state_count == 0 || d.state_count > abi::max_states) return false;
    if (d.oldest_start > d.schema_version || d.oldest_back > d.schema_version) return false;
    std::uint32_t const oldest = std::min(d.oldest_start, d.oldest_back);
    if (d.schema_version - oldest + 1 != d.state_count) return false;
    for (std::uint32_t i = 0; i != d.state_count; ++i)
        if (d.states[i].version != oldest + i) return false;
    return true;
}

result<abi::descriptor> read_descriptor(elf_image const& image, std::string_view name) {
    auto const content = image.note(abi::note_name, abi::note_type);
    if (!content)
        return refuse(
            errc::no_descriptor, phase::verify,
            "{} is a shared object without a hotswap descriptor; put HOTSWAP_COMPONENT(class) in one of its "
            "sources and build it with hotswap_add_component",
            name);
    abi::descriptor d;
    std::uint64_t magic = 0;
    std::uint32_t number = 0;
    if (content->size() >= sizeof magic + sizeof number) {
        std::memcpy(&magic, content->data(), sizeof magic);
        std::memcpy(&number, content->data() + sizeof magic, sizeof number);
    }
    if (magic != abi::descriptor_magic)
        return refuse(errc::no_descriptor, phase::verify,
                      "{} holds a damaged hotswap descriptor (magic {:#x}, {:#x} expected); build it again",
                      name, magic, abi::descriptor_magic);
    if (number != abi::number || content->size() != sizeof d)
        return refuse(errc::abi_mismatch, phase::verify,
                      "{} speaks hotswap ABI {} (descriptor of {} bytes), this host speaks ABI {} ({} "
                      "bytes); build the "
                      "module against the host's version of hotswap",
                      name, number, content->size(), abi::number, sizeof d);
    std::memcpy(static_cast<void*>(&d), content->data(), sizeof d);
    if (!is_text(d.toolchain) || std::string_view(d.toolchain) != abi::toolchain)
        return refuse(
            errc::toolchain_mismatch, phase::verify,
            "{} was built with {}, this host with {}; build both with the same compiler and standard library",
            name, is_text(d.toolchain) ? d.toolchain : "an unknown toolchain", abi::toolchain);
    if (!is_sound(d))
        return refuse(errc::no_descriptor, phase::verify,
                      "{} holds a damaged hotswap descriptor (its versions or texts contradict each other); "
                      "build it again",
                      name);
    return d;
}

result<void> refuse_unique(std::vector<elf_symbol> const& symbols, std::string_view name) {
    auto const is_unique = [](elf_symbol const& s) { return s.defined && s.unique; };
    auto const first = std::find_if(symbols.begin(), symbols.end(), is_unique);
    if (first == symbols.end()) return {};
    auto const count = std::count_if(symbols.begin(), symbols.end(), is_unique);
    return refuse(
        errc::unique_symbols, phase::verify,
        "{} defines {} unique symbol{} (one for the whole process, so that this release would run another's "
        "code and could never be unloaded), the first is {}; compile with -fno-gnu-unique "
        "-fvisibility=hidden, as hotswap_add_component does",
        name, count, count == 1 ? "" : "s", boost::core::demangle(std::string(first->name).c_str()));
}

}  // namespace

abi::state_entry const* module_file::state(std::uint32_t version) const noexcept {
    auto const* const end = descriptor.states + descriptor.state_count;
    auto const* const found = std::find_if(
        descriptor.states, end, [version](abi::state_entry const& e) { return e.version == version; });
    return found == end ? nullptr : found;
}

result<module_file> verify_module(std::span<std::byte const> file, std::string_view name) {
    auto image = elf_image::read(file, name);
    if (!image) return image.error();
    auto descriptor = read_descriptor(*image, name);
    if (!descriptor) return descriptor.error();
    auto const symbols = image->symbols();
    if (auto checked = refuse_unique(symbols, name); !checked) return checked.error();

    module_file verified;
    verified.descriptor = *descriptor;
    verified.build_id = image->build_id();
    if (image->never_unloads()) verified.keeps_mapped.emplace_back("it is linked with -z nodelete");
    for (elf_symbol const& s : symbols)
        if (!s.defined && s.name.starts_with("__cxa_thread_atexit"))
            verified.keeps_mapped.emplace_back("it has thread_local objects with destructors");
    return verified;
}

}  // namespace hotswap::detail
