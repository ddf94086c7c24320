// What each code of a refusal means: the table of docs/operating.md, which the build puts into the program.
#pragma once

#include <span>
#include <string_view>

namespace hotswap::cli {

struct explanation {
    std::string_view code;
    std::string_view kind;
    std::string_view why;
    std::string_view remedy;
};

std::span<explanation const> explanations() noexcept;

}  // namespace hotswap::cli
