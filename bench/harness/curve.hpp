// The pause against the number of rows.
#pragma once

#include "harness/figures.hpp"
#include "harness/latency.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

/// The results of one contestant with one number of rows; medians over its swaps.
struct point {
    std::uint64_t rows = 0;
    figure pause{};  // µs
    latency before{};
    latency during{};
    latency after{};
};

/// The results of one contestant.
struct series {
    std::string name;
    std::vector<point> points{};  ///< by rising number of rows; some may be missing
    std::string remark{};         ///< why points are missing; empty if no point is

    /// Null if there is no such point.
    point const* at(std::uint64_t rows) const noexcept;
};

/// Runs the contestants with each number of rows, interleaved swap by swap; with more than a million rows one
/// after the other, because memory is limited.
std::vector<series> run_curve(std::vector<std::uint64_t> const& sizes);

/// Prints the pauses, one line for each contestant, one column for each number of rows.
void print_pauses(std::vector<series> const& curve, std::vector<std::uint64_t> const& sizes);
/// Prints the callers' latencies with `rows` rows.
void print_callers(std::vector<series> const& curve, std::uint64_t rows);
/// Prints the goals of the curve, and whether they were reached.
bool judge_curve(std::vector<series> const& curve);

}  // namespace bench
