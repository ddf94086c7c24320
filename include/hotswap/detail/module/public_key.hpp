// The public half of a key that signs modules.
#pragma once

#include <hotswap/failure.hpp>

#include <array>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace hotswap {

/// An Ed25519 public key. In a file it is one line of 64 hexadecimal digits; lines that begin with `#` are
/// comments.
struct public_key {
    std::array<unsigned char, 32> bytes{};

    /// Reads a key from the content of such a file.
    /// Errors:   invalid_argument.
    /// Threads:  [any]
    [[nodiscard]] static result<public_key> parse(std::string_view text);

    /// Reads a key from such a file.
    /// Errors:   no_such_file, not_regular_file, staging_failed if it cannot be read, invalid_argument.
    /// Threads:  [any]
    [[nodiscard]] static result<public_key> read(std::filesystem::path const& file);

    /// The key's name in signatures and messages: 16 hexadecimal digits of its digest.
    /// Threads:  [any]
    [[nodiscard]] std::string id() const;

    friend bool operator==(public_key const&, public_key const&) = default;
};

}  // namespace hotswap
