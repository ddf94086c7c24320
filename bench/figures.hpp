// What the benchmarks print: a name, our figure, the peer's, the ratio, the goal.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace bench {

/// The middle of some measurements, and how far they lie apart.
struct figure {
    double median = 0;
    double low = 0;   ///< the smallest
    double high = 0;  ///< the largest
};

figure summarize(std::vector<double> samples);
double percentile(std::vector<double> samples, double share);

/// The processor, its count, the kernel and the compiler, in one line.
std::string machine();

/// Prices of a call, with and without the guards that peers put around it.
/// Returns whether the goal was reached.
bool measure_calls(int rounds);

/// Pauses and whole swaps of a small state, two callers at work.
/// Returns whether the goals were reached.
bool measure_pauses(int swaps);

}  // namespace bench
