// The cost of a rehearsal before each swap.
#include "components/counter.hpp"
#include "harness/figures.hpp"
#include "harness/measurements.hpp"

#include <hotswap/runtime.hpp>

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace bench {

namespace {

struct samples {
    std::vector<double> totals{};  // µs
    std::vector<double> pauses{};
    std::vector<double> copy_pauses{};  // of the rehearsal
    std::vector<double> helpers{};      // the rehearsal alone
};

double microseconds(std::chrono::nanoseconds t) {
    return std::chrono::duration<double, std::micro>(t).count();
}

samples swap_often(hotswap::runtime& runtime, int swaps, hotswap::rehearse when) {
    samples taken;
    for (int i = 0; i != swaps; ++i) {
        auto const file = fmt::format("{}/bench_counter-{}.0.0.so", BENCH_MODULES, i % 2 == 0 ? 2 : 1);
        auto const report = runtime.swap("bench_counter", {.module = file, .rehearse = when});
        if (!report) throw hotswap::swap_error(report.error());
        taken.totals.push_back(microseconds(report->total));
        taken.pauses.push_back(microseconds(report->pause));
        taken.copy_pauses.push_back(microseconds(report->rehearsal.pause));
        taken.helpers.push_back(microseconds(report->rehearsal.time));
    }
    return taken;
}

void print_row(std::string const& name, std::vector<double> const& values) {
    fmt::print("  {:<44} {:>9.1f} {:>9.1f} {:>9.1f} {:>9.1f}\n", name, percentile(values, 0),
               percentile(values, 0.5), percentile(values, 0.99), percentile(values, 1));
}

}  // namespace

bool measure_rehearsals(int swaps) {
    std::filesystem::path const modules = BENCH_MODULES;
    hotswap::runtime runtime{{.modules = modules}};
    auto const handle =
        runtime.load<counter>("bench_counter", {.module = modules / "bench_counter-1.0.0.so"}).value();
    handle->fill(100);
    fmt::print("\nswaps of a small state, 1 ↔ 2 by snapshot, no caller (µs, {} swaps each)\n", swaps);
    fmt::print("  {:<44} {:>9} {:>9} {:>9} {:>9}\n", "", "min", "p50", "p99", "max");
    auto const plain = swap_often(runtime, swaps, hotswap::rehearse::never);
    auto const rehearsed = swap_often(runtime, swaps, hotswap::rehearse::always);
    print_row("whole swap, not rehearsed", plain.totals);
    print_row("whole swap, rehearsed", rehearsed.totals);
    print_row("the rehearsal alone", rehearsed.helpers);
    print_row("pause for the copy that is rehearsed on", rehearsed.copy_pauses);
    print_row("pause of the swap that follows", rehearsed.pauses);
    bool const without =
        judge_at_most("whole swap p50, not rehearsed", percentile(plain.totals, 0.5), 2000, "µs");
    bool const with =
        judge_at_most("whole swap p50, rehearsed", percentile(rehearsed.totals, 0.5), 10'000, "µs");
    return without && with;
}

}  // namespace bench
