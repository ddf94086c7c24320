#include "harness/figures.hpp"

#include <fmt/format.h>

#include <sys/utsname.h>

#include <algorithm>
#include <fstream>
#include <thread>

namespace bench {

namespace {

// Enough digits to show on which side of the goal the value is.
std::string short_number(double value) {
    return fmt::format("{:.{}f}", value, value < 10 ? 2 : value < 100 ? 1 : 0);
}

bool judge(std::string_view what, std::string_view relation, double value, double goal, std::string_view unit,
           bool reached) {
    fmt::print("  goal: {} {} {:.4g} {}: {} {}, {}\n", what, relation, goal, unit, short_number(value), unit,
               reached ? "reached" : "NOT reached");
    return reached;
}

}  // namespace

figure summarize(std::vector<double> samples) {
    return {percentile(samples, 0.5), percentile(samples, 0), percentile(samples, 1)};
}

double percentile(std::vector<double> samples, double share) {
    if (samples.empty()) return 0;
    std::sort(samples.begin(), samples.end());
    auto const at = static_cast<std::size_t>(share * static_cast<double>(samples.size() - 1) + 0.5);
    return samples[at];
}

bool judge_at_most(std::string_view what, double value, double goal, std::string_view unit) {
    return judge(what, "≤", value, goal, unit, value <= goal);
}

bool judge_at_least(std::string_view what, double value, double goal, std::string_view unit) {
    return judge(what, "≥", value, goal, unit, value >= goal);
}

std::string in_words(double microseconds) {
    if (microseconds < 1) return fmt::format("{:.0f} ns", microseconds * 1e3);
    if (microseconds < 1e3) return fmt::format("{:.3g} µs", microseconds);
    if (microseconds < 1e6) return fmt::format("{:.3g} ms", microseconds / 1e3);
    return fmt::format("{:.3g} s", microseconds / 1e6);
}

std::string machine() {
    std::string model = "unknown processor";
    std::ifstream info("/proc/cpuinfo");
    for (std::string line; std::getline(info, line);)
        if (line.starts_with("model name")) {
            model = line.substr(line.find(':') + 2);
            break;
        }
    utsname kernel{};
    uname(&kernel);
    return fmt::format("{} × {}, {} {}, g++ {}", std::thread::hardware_concurrency(), model, kernel.sysname,
                       kernel.release, __VERSION__);
}

}  // namespace bench
