#include "module/elf_view.hpp"

#include <algorithm>

namespace hotswap::detail {

std::optional<std::uint64_t> elf_view::value(std::int64_t tag) const {
    auto const found = std::find_if(dynamic.rbegin(), dynamic.rend(),
                                    [tag](Elf64_Dyn const& entry) { return entry.d_tag == tag; });
    if (found == dynamic.rend()) return std::nullopt;
    return found->d_un.d_val;
}

std::optional<std::span<std::byte const>> elf_view::mapped(extent where) const {
    for (Elf64_Phdr const& s : segments)
        if (s.p_type == PT_LOAD && lies_within(where, {s.p_vaddr, s.p_filesz}))
            return file.subspan(s.p_offset + (where.begin - s.p_vaddr), where.size);
    return std::nullopt;
}

bool elf_view::is_loaded(extent where, std::uint32_t flags) const {
    return std::any_of(segments.begin(), segments.end(), [&](Elf64_Phdr const& s) {
        return s.p_type == PT_LOAD && (s.p_flags & flags) == flags &&
               lies_within(where, {s.p_vaddr, s.p_memsz});
    });
}

std::uint64_t elf_view::span_end() const {
    std::uint64_t end = 0;
    for (Elf64_Phdr const& s : segments)
        if (s.p_type == PT_LOAD) end = std::max(end, s.p_vaddr + s.p_memsz);
    return end;
}

finding elf_view::damaged(std::string offender, std::string_view contradiction) const {
    auto message = fmt::format("{} is damaged: {} {}", name, offender, contradiction);
    return refusing(errc::damaged_module, std::move(offender), std::move(message), "copy or build it again");
}

finding elf_view::truncated(std::string_view what, extent where) const {
    return refusing(errc::truncated_file, std::string(what),
                    fmt::format("{} is cut short or damaged: {} ({} bytes at {}) lies outside its {} bytes",
                                name, what, where.size, where.begin, file.size()),
                    "copy or build it again");
}

}  // namespace hotswap::detail
