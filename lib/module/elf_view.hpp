// A shared object as bytes, with its tables found: every check reads the object through this view.
#pragma once

#include "module/checked.hpp"

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace hotswap::detail {

/// A range of bytes, in a file or in memory.
struct extent {
    std::uint64_t begin = 0;
    std::uint64_t size = 0;
};

/// Whether `part` lies within `whole`; correct also if an end would overflow.
constexpr bool lies_within(extent part, extent whole) {
    return part.begin >= whole.begin && part.begin - whole.begin <= whole.size &&
           part.size <= whole.size - (part.begin - whole.begin);
}

/// A copy of the value at `offset`, which the caller has checked.
template <class T>
T copy_at(std::span<std::byte const> bytes, std::uint64_t offset) {
    static_assert(std::is_trivially_copyable_v<T>);
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

/// The tables of a shared object, filled by the steps of `elf_image::read`; each step trusts the steps before
/// it.
struct elf_view {
    std::span<std::byte const> file;
    std::string_view name;  ///< for messages
    Elf64_Ehdr header{};
    std::vector<Elf64_Shdr> sections{};
    std::vector<Elf64_Phdr> segments{};
    std::vector<Elf64_Dyn> dynamic{};  ///< up to its end mark
    std::string_view strings{};        ///< the dynamic string table; ends with a zero
    std::vector<Elf64_Sym> symbols{};  ///< the dynamic symbol table
    std::vector<std::string_view> needed{};

    /// The value of a dynamic entry; as for the dynamic linker, the last one counts.
    std::optional<std::uint64_t> value(std::int64_t tag) const;
    std::uint64_t value_or_zero(std::int64_t tag) const { return value(tag).value_or(0); }

    /// The file's bytes that will be mapped at an address; empty unless all of them come from the file.
    std::optional<std::span<std::byte const>> mapped(extent where) const;
    /// Whether the whole extent lies in one loaded segment that has all these flags (PF_W, PF_X).
    bool is_loaded(extent where, std::uint32_t flags) const;
    /// The memory that the object will take, counted from its own address 0.
    std::uint64_t span_end() const;

    /// Whether relocations change code (DT_TEXTREL).
    bool changes_code() const { return value(DT_TEXTREL) || (value_or_zero(DT_FLAGS) & DF_TEXTREL) != 0; }

    /// A text of the dynamic string table at a checked offset.
    std::string_view text(std::uint64_t offset) const { return strings.data() + offset; }
    bool is_text(std::uint64_t offset) const { return offset < strings.size(); }

    /// A file that contradicts itself.
    finding damaged(std::string offender, std::string_view contradiction) const;
    /// A file whose tables reach beyond its end.
    finding truncated(std::string_view what, extent where) const;
};

/// Whether the segments can be mapped in the way of the dynamic linker.
checked<void> check_segments(elf_view const& elf);
/// Finds the dynamic section, its strings and symbols.
checked<void> read_dynamic(elf_view& elf);
/// Whether the lookup of any symbol stays within the hash tables and ends.
checked<void> check_hashes(elf_view const& elf);
/// Whether the tables of symbol versions are consistent.
checked<void> check_versions(elf_view const& elf);
/// Whether relocations write only to permitted memory, and the initialisers and finalisers are code.
checked<void> check_relocations(elf_view const& elf);

}  // namespace hotswap::detail
