// A swap while callers work on the rows.
#pragma once

#include "harness/crew.hpp"
#include "harness/latency.hpp"

#include <cstdint>
#include <functional>

namespace bench {

/// How long the callers work before and after the swap.
inline constexpr std::chrono::milliseconds window{50};

/// Lets the callers call for random rows among `rows`, one call in ten a write; meanwhile calls `swap`, which
/// returns the length of the pause in microseconds.
swap_sample measure_under_load(std::uint64_t rows, row_call const& call, std::function<double()> const& swap);

}  // namespace bench
