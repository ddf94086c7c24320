// Workloads of callers while a table is copied, and the cost to the callers.
#pragma once

#include "harness/figures.hpp"
#include "harness/latency.hpp"
#include "harness/requests.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace bench {

/// The callers' requests, and the share of their throughput that they should keep meanwhile.
struct workload {
    std::string_view name;
    std::function<requests(std::uint64_t rows, unsigned seed)> ask;
    double throughput_goal;
};

/// One swap of a table, by its stretches.
struct table_swap_sample {
    latency before{};
    latency precopy{};  ///< from the call of `swap` until everything is copied
    latency freeing{};  ///< from the commit to the return of `swap`: the old rows are freed
    latency after{};
    double pause = 0;         // µs
    double longest_wait = 0;  // µs
    double copied_in = 0;     // µs
};

/// Prints the figures of one workload's callers, and its goals; returns whether the goals were reached.
bool report_workload(workload const& of, std::vector<table_swap_sample> const& samples);

/// Measures the resident memory while a table of `rows` rows is copied; prints the goal, returns whether it
/// was reached.
bool measure_copy_memory(std::uint64_t rows);

}  // namespace bench
