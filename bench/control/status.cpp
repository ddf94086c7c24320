// A status from cold: a new process for each.
#include "control/parts.hpp"
#include "harness/command.hpp"
#include "harness/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace bench {

bool measure_status(operated_host const& on, bool quick) {
    std::vector<std::string> const words{BENCH_COMMAND, "--socket", on.socket(), "status", "--json"};
    int const runs = quick ? 20 : 50;
    std::vector<double> times;
    std::vector<double> starts;
    double memory = 0;
    command(words).finish();  // brings the program's file into memory
    for (int i = 0; i != runs; ++i) {
        times.push_back(command(words).finish());
        starts.push_back(command({BENCH_COMMAND, "--version"}).finish());
    }
    for (int i = 0; i != 5; ++i) memory = std::max(memory, peak_memory(words));
    auto const megabytes = memory / 1e6;
    fmt::print("\nhotswap status --json, a new process each time ({} of them)\n", runs);
    fmt::print("  from its start to its end: p50 {}, p99 {}; at most {:.1f} MB resident\n",
               in_words(percentile(times, 0.5)), in_words(percentile(times, 0.99)), megabytes);
    fmt::print("  of this without a host, as for --version: p50 {}\n", in_words(percentile(starts, 0.5)));
    bool const fast = judge_at_most("cold status p50", percentile(times, 0.5) / 1e3, 10, "ms");
    return judge_at_most("memory of a status", megabytes, 10, "MB") && fast;
}

}  // namespace bench
