// The parts of every benchmark's output: a name, our figure, the peer's, the ratio, the goal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// The median of some measurements, and their range.
struct figure {
    double median = 0;
    double low = 0;   ///< the smallest
    double high = 0;  ///< the largest
};

figure summarize(std::vector<double> samples);
double percentile(std::vector<double> samples, double share);

/// Prints a goal that is an upper bound, the value, and whether the value reaches the goal; returns whether
/// it does. `unit` follows both numbers: "µs", or "× Boost's".
bool judge_at_most(std::string_view what, double value, double goal, std::string_view unit);
/// The same for a goal that is a lower bound.
bool judge_at_least(std::string_view what, double value, double goal, std::string_view unit);

/// 850 ns, 12.3 µs, 4.56 ms, 7.89 s.
std::string in_words(double microseconds);

/// The processor, its count, the kernel and the compiler, in one line.
std::string machine();

}  // namespace bench
