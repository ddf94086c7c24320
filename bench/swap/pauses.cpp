// The pause and the whole swap of a small state, two callers at work, next to the goals and Erlang/OTP's figures.
#include "components/counter.hpp"
#include "harness/figures.hpp"
#include "harness/measurements.hpp"

#include <hotswap/runtime.hpp>

#include <fmt/format.h>

#include <atomic>
#include <filesystem>
#include <thread>
#include <vector>

namespace bench {

namespace {

/// Calls without a break until it is destroyed.
class callers {
public:
    callers(hotswap::handle<counter> const& handle, unsigned count) {
        for (unsigned i = 0; i != count; ++i)
            crew_.emplace_back([this, handle] {
                std::uint64_t value = 0;
                while (!stop_.load(std::memory_order_relaxed)) value = handle->next(value);
                calls_.fetch_add(value);
            });
    }
    ~callers() {
        stop_ = true;
        for (auto& member : crew_) member.join();
    }
    callers(callers const&) = delete;
    callers& operator=(callers const&) = delete;

private:
    std::atomic<bool> stop_{false};
    std::atomic<std::uint64_t> calls_{0};
    std::vector<std::thread> crew_;
};

struct samples {
    std::vector<double> pauses;  // µs
    std::vector<double> totals;
};

double microseconds(std::chrono::nanoseconds t) {
    return std::chrono::duration<double, std::micro>(t).count();
}

samples swap_often(hotswap::runtime& runtime, int swaps, hotswap::transfer how) {
    std::filesystem::path const modules = BENCH_MODULES;
    samples taken;
    for (int i = 0; i != swaps; ++i) {
        bool const up = how == hotswap::transfer::handoff || i % 2 == 0;
        auto const report = runtime.swap(
            "bench_counter", {.module = modules / (up ? "bench_counter-2.0.0.so" : "bench_counter-1.0.0.so"),
                              .transfer = how,
                              .even_if_unchanged = true});
        if (!report) throw hotswap::swap_error(report.error());
        taken.pauses.push_back(microseconds(report->pause));
        taken.totals.push_back(microseconds(report->total));
    }
    return taken;
}

void print_row(std::string const& name, std::vector<double> const& values) {
    fmt::print("  {:<44} {:>9.1f} {:>9.1f} {:>9.1f} {:>9.1f}\n", name, percentile(values, 0),
               percentile(values, 0.5), percentile(values, 0.99), percentile(values, 1));
}

}  // namespace

bool measure_pauses(int swaps) {
    hotswap::runtime runtime{{.modules = BENCH_MODULES, .rehearse = hotswap::rehearse::never}};
    std::filesystem::path const modules = BENCH_MODULES;
    auto const handle =
        runtime.load<counter>("bench_counter", {.module = modules / "bench_counter-1.0.0.so"}).value();

    fmt::print("\nswaps of a small state, 2 callers at work (µs, {} swaps each)\n", swaps);
    fmt::print("  {:<44} {:>9} {:>9} {:>9} {:>9}\n", "", "min", "p50", "p99", "max");
    samples tiny;
    samples thousand;
    samples handed;
    {
        callers const busy(handle, 2);
        tiny = swap_often(runtime, swaps, hotswap::transfer::snapshot);
    }
    handle->fill(1000);
    {
        callers const busy(handle, 2);
        thousand = swap_often(runtime, swaps, hotswap::transfer::snapshot);
        runtime.swap("bench_counter", {.module = modules / "bench_counter-2.0.0.so"}).value();
        handed = swap_often(runtime, swaps, hotswap::transfer::handoff);
    }
    print_row("pause, empty state, 1 ↔ 2 by snapshot", tiny.pauses);
    print_row("whole swap", tiny.totals);
    print_row("pause, 1000 entries rewritten, 1 ↔ 2", thousand.pauses);
    print_row("whole swap", thousand.totals);
    print_row("pause, 1000 entries by handoff, 2 → 2", handed.pauses);
    print_row("whole swap", handed.totals);
    fmt::print("  Erlang/OTP 25, 1000 entries kept, as measured elsewhere: swap 320–660 µs\n");
    bool const pause = judge_at_most("pause p50 of a small state", percentile(tiny.pauses, 0.5), 50, "µs");
    bool const whole = judge_at_most("whole swap p50", percentile(tiny.totals, 0.5), 2000, "µs");
    return pause && whole;
}

}  // namespace bench
