// What every benchmark prints: a name, our figure, the peer's, the ratio, the goal.
#pragma once

#include <string>
#include <string_view>
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

/// Prints a goal that is a ceiling, what came out and whether that reaches it; returns whether it does.
/// `unit` stands behind both numbers: "µs", or "× Boost's".
bool judge_at_most(std::string_view what, double value, double goal, std::string_view unit);
/// The same for a goal that is a floor.
bool judge_at_least(std::string_view what, double value, double goal, std::string_view unit);

/// 850 ns, 12.3 µs, 4.56 ms, 7.89 s.
std::string in_words(double microseconds);

/// The processor, its count, the kernel and the compiler, in one line.
std::string machine();

}  // namespace bench
