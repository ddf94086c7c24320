// A shared object read as bytes: every offset is checked against what is there, and nothing of it is run.
#pragma once

#include <hotswap/base/result.hpp>

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
    bool unique = false;  ///< STB_GNU_UNIQUE: one for the whole process, and it pins its module
};

/// What the dynamic linker would find in a shared object.
class elf_image {
public:
    /// Errors:   not_elf, wrong_architecture, truncated_file.
    /// Lifetime: `file` outlives the image.
    static result<elf_image> read(std::span<std::byte const> file, std::string_view name);

    /// The content of the first note of that name and type, in the file's note segments.
    std::optional<std::span<std::byte const>> note(std::string_view name, std::uint32_t type) const;
    /// The GNU build id, hexadecimal; empty if there is none.
    std::string build_id() const;
    /// The dynamic symbols; those whose name lies outside the file are left out.
    std::vector<elf_symbol> symbols() const;
    /// Whether the file asks never to be unloaded (DF_1_NODELETE).
    bool never_unloads() const;

private:
    struct section {
        std::uint32_t type;
        std::uint32_t link;
        std::uint64_t offset;
        std::uint64_t size;
    };
    struct segment {
        std::uint32_t type;
        std::uint64_t offset;
        std::uint64_t size;
        std::uint64_t alignment;
    };

    elf_image(std::span<std::byte const> file) : file_(file) {}

    result<void> read_tables(std::string_view name);
    result<void> read_segments(std::string_view name);
    std::string_view text_at(section const& strings, std::uint64_t offset) const;

    std::span<std::byte const> file_;
    std::vector<segment> segments_;
    std::vector<section> sections_;
};

}  // namespace hotswap::detail
