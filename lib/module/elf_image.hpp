// A shared object read as bytes: every table that the dynamic linker would follow is checked, and no code of
// the file runs.
#pragma once

#include "module/elf_view.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::detail {

/// One symbol of the dynamic table.
struct elf_symbol {
    std::string_view name;
    bool defined = false;
    bool weak = false;
    bool hidden = false;
    bool unique = false;  ///< STB_GNU_UNIQUE: one for the whole process; it pins its module
};

/// A shared object that the dynamic linker can read without harm.
class elf_image {
public:
    /// Errors:   not_elf, wrong_architecture, truncated_file, damaged_module.
    /// Lifetime: `file` and `name` outlive the image.
    static checked<elf_image> read(std::span<std::byte const> file, std::string_view name);

    std::span<std::byte const> file() const noexcept { return elf_.file; }
    /// The content of the first note of that name and type, in the file's note segments.
    std::optional<std::span<std::byte const>> note(std::string_view name, std::uint32_t type) const;
    /// The GNU build id, hexadecimal; empty if there is none.
    std::string build_id() const;
    /// The dynamic symbols that have a name.
    std::vector<elf_symbol> symbols() const;
    std::vector<Elf64_Phdr> const& segments() const noexcept { return elf_.segments; }
    /// The libraries that the file names.
    std::vector<std::string_view> const& needed() const noexcept { return elf_.needed; }
    /// The search paths of the file for libraries, each as written.
    std::vector<std::string_view> search_paths() const;
    /// The search paths that the linker uses: RUNPATH, or RPATH if there is no RUNPATH.
    std::vector<std::string_view> used_search_paths() const;
    bool has_run_path() const { return elf_.value(DT_RUNPATH).has_value(); }
    /// Whether the file has a section of that name.
    bool has_section(std::string_view name) const;
    /// The bytes of thread-local memory that each thread has for the module.
    std::uint64_t thread_local_bytes() const;
    /// Whether these bytes must lie in the static block, which every thread gets when it begins
    /// (DF_STATIC_TLS).
    bool wants_static_block() const { return (elf_.value_or_zero(DT_FLAGS) & DF_STATIC_TLS) != 0; }
    /// Whether the file asks never to be unloaded (DF_1_NODELETE).
    bool never_unloads() const { return (elf_.value_or_zero(DT_FLAGS_1) & DF_1_NODELETE) != 0; }
    /// Whether relocations change code (DT_TEXTREL).
    bool changes_code() const { return elf_.changes_code(); }

private:
    explicit elf_image(elf_view elf) : elf_(std::move(elf)) {}

    elf_view elf_;
};

}  // namespace hotswap::detail
