// The pause against the number of rows.
#pragma once

#include "harness/figures.hpp"
#include "harness/latency.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

/// What one contestant did with one number of rows; medians over its swaps.
struct point {
    std::uint64_t rows = 0;
    figure pause{};  // µs
    latency before{};
    latency during{};
    latency after{};
};

/// What one contestant did.
struct series {
    std::string name;
    std::vector<point> points{};  ///< by rising number of rows; some may be missing
    std::string remark{};         ///< why points are missing; empty if none is

    /// Null if there is no such point.
    point const* at(std::uint64_t rows) const noexcept;
};

/// Runs the contestants with each number of rows, interleaved swap by swap; with more than a million rows one
/// after the other, for want of memory.
std::vector<series> run_curve(std::vector<std::uint64_t> const& sizes);

/// Prints the pauses, one line for each contestant, one column for each number of rows.
void print_pauses(std::vector<series> const& curve, std::vector<std::uint64_t> const& sizes);
/// Prints what callers noticed with as many rows.
void print_callers(std::vector<series> const& curve, std::uint64_t rows);
/// Prints the goals that such a curve has, and whether they were reached.
bool judge_curve(std::vector<series> const& curve);

}  // namespace bench
