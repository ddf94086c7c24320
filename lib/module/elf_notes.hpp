// The notes of a segment, one after the other.
#pragma once

#include "module/elf_view.hpp"

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace hotswap::detail {

constexpr std::uint64_t aligned(std::uint64_t value, std::uint64_t alignment) {
    return (value + alignment - 1) / alignment * alignment;
}

/// The content of the first note of that name and type in the bytes of a segment, whose alignment determines
/// the notes' alignment.
inline std::optional<std::span<std::byte const>> find_note(std::span<std::byte const> notes,
                                                           std::uint64_t segment_alignment,
                                                           std::string_view name, std::uint32_t type) {
    std::uint64_t const alignment = segment_alignment == 8 ? 8 : 4;
    extent const all{0, notes.size()};
    for (std::uint64_t at = 0; lies_within({at, sizeof(Elf64_Nhdr)}, all);) {
        auto const header = copy_at<Elf64_Nhdr>(notes, at);
        std::uint64_t const name_at = at + sizeof header;
        std::uint64_t const content_at = aligned(name_at + header.n_namesz, alignment);
        if (!lies_within({name_at, header.n_namesz}, all) || !lies_within({content_at, header.n_descsz}, all))
            break;
        std::string_view const found(reinterpret_cast<char const*>(notes.data() + name_at),
                                     header.n_namesz == 0 ? 0 : header.n_namesz - 1);
        if (header.n_type == type && found == name) return notes.subspan(content_at, header.n_descsz);
        at = aligned(content_at + header.n_descsz, alignment);
    }
    return std::nullopt;
}

}  // namespace hotswap::detail
