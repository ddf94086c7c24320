// What names a file's content.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace hotswap::detail {

/// BLAKE2b-256 of the content, hexadecimal.
/// Source:   RFC 7693, by libsodium.
std::string digest_of(std::span<std::byte const> content);

}  // namespace hotswap::detail
