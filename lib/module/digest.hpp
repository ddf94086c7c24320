// BLAKE2b-256 digests of bytes.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>

namespace hotswap::detail {

using digest = std::array<unsigned char, 32>;

digest digest_of(std::span<std::byte const> content);
/// The digest of `content` with zeros in place of `hole`, which lies within `content`.
digest digest_around(std::span<std::byte const> content, std::span<std::byte const> hole);

/// Lower-case hexadecimal digits.
std::string hexadecimal(std::span<unsigned char const> bytes);
/// The digest of a file's content, as in reports, stores and messages.
inline std::string content_digest(std::span<std::byte const> content) {
    return hexadecimal(digest_of(content));
}

}  // namespace hotswap::detail
