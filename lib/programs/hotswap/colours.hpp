// Words in colour, on terminals only.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace hotswap::cli {

enum class mood { good, warning, bad };

/// The text between the sequences that a terminal shows in the mood's colour; `print` writes them or leaves them out.
std::string coloured(mood of, std::string_view text);

/// Writes the text; without its colours unless `to` is a terminal, TERM names one that has colours, and NO_COLOR is not set.
/// Source:   https://no-color.org
void print(std::FILE* to, std::string_view text);

}  // namespace hotswap::cli
