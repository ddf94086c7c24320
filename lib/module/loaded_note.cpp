#include "module/loaded_note.hpp"

#include <dlfcn.h>
#include <link.h>

#include <algorithm>
#include <cstring>

namespace hotswap::detail {

namespace {

using note = std::optional<std::span<std::byte const>>;

struct search {
    std::uintptr_t address;
    std::string_view name;
    std::uint32_t type;
    note found{};
};

std::size_t aligned(std::size_t value, std::size_t alignment) {
    return (value + alignment - 1) / alignment * alignment;
}

// elf_image::note reads a file in the same way; here the linker has mapped the checked bytes.
note find_in(std::span<std::byte const> notes, std::size_t alignment, search const& wanted) {
    ElfW(Nhdr) header;
    for (std::size_t at = 0; at + sizeof header <= notes.size();) {
        std::memcpy(&header, notes.data() + at, sizeof header);
        auto const name_at = at + sizeof header;
        auto const content_at = aligned(name_at + header.n_namesz, alignment);
        if (content_at + header.n_descsz > notes.size()) break;
        std::string_view const name(reinterpret_cast<char const*>(notes.data() + name_at),
                                    header.n_namesz == 0 ? 0 : header.n_namesz - 1);
        if (header.n_type == wanted.type && name == wanted.name)
            return notes.subspan(content_at, header.n_descsz);
        at = aligned(content_at + header.n_descsz, alignment);
    }
    return std::nullopt;
}

int look_at(dl_phdr_info* object, std::size_t, void* self) {
    auto& wanted = *static_cast<search*>(self);
    std::span const headers(object->dlpi_phdr, object->dlpi_phnum);
    bool const is_it = std::any_of(headers.begin(), headers.end(), [&](ElfW(Phdr) const& each) {
        auto const begin = object->dlpi_addr + each.p_vaddr;
        return each.p_type == PT_LOAD && begin <= wanted.address && wanted.address - begin < each.p_memsz;
    });
    if (!is_it) return 0;
    for (ElfW(Phdr) const& each : headers) {
        if (each.p_type != PT_NOTE || wanted.found) continue;
        auto const* const begin = reinterpret_cast<std::byte const*>(object->dlpi_addr + each.p_vaddr);
        wanted.found = find_in({begin, each.p_memsz}, each.p_align == 8 ? 8 : 4, wanted);
    }
    return 1;
}

}  // namespace

note note_in_memory(std::uintptr_t address, std::string_view name, std::uint32_t type) noexcept {
    search wanted{address, name, type};
    dl_iterate_phdr(&look_at, &wanted);
    return wanted.found;
}

note note_in_memory(void* handle, std::string_view name, std::uint32_t type) noexcept {
    link_map* map = nullptr;
    if (dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0) return std::nullopt;
    return note_in_memory(reinterpret_cast<std::uintptr_t>(map->l_ld), name, type);
}

}  // namespace hotswap::detail
