// Whether the segments of a shared object can be mapped as the dynamic linker will map them.
#include "module/elf_view.hpp"

#include <bit>

namespace hotswap::detail {

namespace {

constexpr std::uint64_t page = 4096;
// Beyond the addresses of the small code model.
constexpr std::uint64_t largest_span = std::uint64_t{1} << 32;
constexpr std::uint64_t largest_tls = std::uint64_t{1} << 26;

std::uint64_t page_up(std::uint64_t address) { return (address + page - 1) / page * page; }

std::string segment_name(std::size_t index) { return fmt::format("segment {}", index); }

checked<void> check_load(elf_view const& elf, Elf64_Phdr const& s, std::string const& which,
                         std::uint64_t previous_end) {
    if (s.p_filesz > s.p_memsz) return elf.damaged(which, "has more bytes in the file than in memory");
    if (!std::has_single_bit(s.p_align) || s.p_align < page)
        return elf.damaged(which, "is not aligned to pages");
    if (s.p_vaddr % s.p_align != s.p_offset % s.p_align)
        return elf.damaged(which, "has different offsets within its page in file and memory");
    if (!lies_within({s.p_vaddr, s.p_memsz}, {0, largest_span}))
        return elf.damaged(which, "lies beyond 4 GiB of addresses");
    if (s.p_vaddr / page * page < previous_end) return elf.damaged(which, "overlaps the one before it");
    return {};
}

// The dynamic linker, the unwinder and the C library read these parts at their addresses without a check.
checked<void> check_part(elf_view const& elf, Elf64_Phdr const& s, std::string const& which) {
    switch (s.p_type) {
        case PT_PHDR:
            if (s.p_offset != elf.header.e_phoff ||
                s.p_filesz != std::uint64_t{elf.header.e_phnum} * sizeof(Elf64_Phdr))
                return elf.damaged(which, "is not the program header table that it claims to be");
            [[fallthrough]];
        case PT_NOTE:
        case PT_GNU_PROPERTY:
        case PT_GNU_EH_FRAME:
        case PT_DYNAMIC: {
            auto const bytes = elf.mapped({s.p_vaddr, s.p_filesz});
            if (!bytes || bytes->data() != elf.file.data() + s.p_offset || s.p_memsz > s.p_filesz)
                return elf.damaged(which, "is not loaded from its place in the file");
            return {};
        }
        case PT_TLS:
            if (s.p_filesz > s.p_memsz || s.p_memsz > largest_tls ||
                (s.p_align != 0 && (!std::has_single_bit(s.p_align) || s.p_align > page)))
                return elf.damaged(which, "asks for impossible thread-local memory");
            if (s.p_filesz != 0 && !elf.mapped({s.p_vaddr, s.p_filesz}))
                return elf.damaged(which, "takes its thread-local values from outside the loaded segments");
            return {};
        case PT_GNU_RELRO:
            if (!elf.is_loaded({s.p_vaddr, s.p_memsz}, PF_W))
                return elf.damaged(which, "would protect memory that is not the module's");
            return {};
        default:
            return {};
    }
}

}  // namespace

checked<void> check_segments(elf_view const& elf) {
    std::uint64_t end = 0;
    std::size_t loads = 0;
    for (std::size_t i = 0; i != elf.segments.size(); ++i) {
        Elf64_Phdr const& s = elf.segments[i];
        if (s.p_type != PT_LOAD) continue;
        if (auto checked = check_load(elf, s, segment_name(i), end); !checked) return checked;
        end = page_up(s.p_vaddr + s.p_memsz);
        ++loads;
    }
    if (loads == 0) return elf.damaged("the program header table", "names no segment to load");
    if (elf.segments.front().p_type == PT_LOAD && elf.segments.front().p_vaddr != 0)
        return elf.damaged(segment_name(0), "does not begin at address 0");
    for (std::size_t i = 0; i != elf.segments.size(); ++i)
        if (auto checked = check_part(elf, elf.segments[i], segment_name(i)); !checked) return checked;
    return {};
}

}  // namespace hotswap::detail
