// A shared object as bytes, with its tables found: what every check reads it through.
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

/// Where something lies, in a file or in memory.
struct extent {
    std::uint64_t begin = 0;
    std::uint64_t size = 0;
};

/// Whether `part` lies within `whole`, whatever overflows.
constexpr bool lies_within(extent part, extent whole) {
    return part.begin >= whole.begin && part.begin - whole.begin <= whole.size &&
           part.size <= whole.size - (part.begin - whole.begin);
}

/// A copy of what lies at `offset`, which the caller has checked.
template <class T>
T copy_at(std::span<std::byte const> bytes, std::uint64_t offset) {
    static_assert(std::is_trivially_copyable_v<T>);
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

/// The tables of a shared object, filled in by the steps of `elf_image::read`, each of which trusts those before it.
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

    /// The bytes of the file that will be mapped at an address; nothing unless all of them come from the file.
    std::optional<std::span<std::byte const>> mapped(extent where) const;
    /// Whether all of it lies in one loaded segment that has all those flags (PF_W, PF_X).
    bool is_loaded(extent where, std::uint32_t flags) const;
    /// The memory that the object will take, from address 0 of its own.
    std::uint64_t span_end() const;

    /// Whether relocations change code (DT_TEXTREL).
    bool changes_code() const { return value(DT_TEXTREL) || (value_or_zero(DT_FLAGS) & DF_TEXTREL) != 0; }

    /// A text of the dynamic string table, whose offset was checked.
    std::string_view text(std::uint64_t offset) const { return strings.data() + offset; }
    bool is_text(std::uint64_t offset) const { return offset < strings.size(); }

    /// A file that contradicts itself.
    finding damaged(std::string offender, std::string_view contradiction) const;
    /// A file whose tables reach beyond its end.
    finding truncated(std::string_view what, extent where) const;
};

/// Whether the segments can be mapped as the dynamic linker will.
checked<void> check_segments(elf_view const& elf);
/// Finds the dynamic section, its strings and symbols.
checked<void> read_dynamic(elf_view& elf);
/// Whether looking up any symbol stays within the hash tables and ends.
checked<void> check_hashes(elf_view const& elf);
/// Whether the tables of symbol versions hold together.
checked<void> check_versions(elf_view const& elf);
/// Whether relocations write where they may, and what is called at the start and the end is code.
checked<void> check_relocations(elf_view const& elf);

}  // namespace hotswap::detail
