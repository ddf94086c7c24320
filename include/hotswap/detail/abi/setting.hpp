// A setting as text.
#pragma once

#include <string_view>

namespace hotswap {

/// One setting as an operator writes it.
/// Lifetime: views that are valid during the call that takes them.
struct setting {
    std::string_view name{};
    std::string_view value{};  ///< a number (64MiB), a duration (250ms), true, a text …
};

}  // namespace hotswap
