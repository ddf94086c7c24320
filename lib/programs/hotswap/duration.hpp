// Times as people write them: "500ms", "30s", "5min", "2h".
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace hotswap::cli {

/// Errors:   throws std::invalid_argument, with the units that there are.
std::chrono::nanoseconds duration_of(std::string_view text);

}  // namespace hotswap::cli
