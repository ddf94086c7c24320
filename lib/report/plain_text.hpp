// Text of strangers, made fit for a log and for JSON.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hotswap::detail {

/// The bytes of the character of UTF-8 with which `text` begins; 0 if it begins with none.
std::size_t character_length(std::string_view text) noexcept;

bool is_utf8(std::string_view text) noexcept;

/// The text with a question mark for each byte that is no character of UTF-8.
std::string as_utf8(std::string_view text);

/// The text as one line of UTF-8 of at most `most` bytes: each control character becomes a space, each byte that is no
/// character a question mark.
std::string one_line(std::string_view text, std::size_t most);

}  // namespace hotswap::detail
