// A swap while two callers, which nothing throttles, work on the rows.
#pragma once

#include "latency.hpp"

#include <cstdint>
#include <functional>
#include <string_view>

namespace bench {

/// How many callers there are, and how long they work before and after the swap.
inline constexpr unsigned callers = 2;
inline constexpr std::chrono::milliseconds window{50};

/// Reads, or adds 1 to, the row of `key`.
using row_call = std::function<void(std::string_view key, bool write)>;

/// Has the callers call for the keys "key 0" … of as many rows, at random, one call in ten a write; calls `swap`
/// meanwhile, which returns the length of the pause in microseconds.
swap_sample measure_under_load(std::uint64_t rows, row_call const& call, std::function<double()> const& swap);

}  // namespace bench
