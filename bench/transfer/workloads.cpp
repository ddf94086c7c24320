// Callers of a table while every row of it is rewritten.
#include "transfer/workloads.hpp"

#include "harness/crew.hpp"
#include "harness/measurements.hpp"
#include "transfer/swapped_table.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <thread>

namespace bench {

namespace {

using namespace std::chrono_literals;

// The callers' time before and after a swap: enough for some 1000 calls above the 99.9th percentile.
constexpr auto quiet_window = 250ms;

std::vector<workload> workloads() {
    auto const evenly = [](unsigned writes_in_ten) {
        return [writes_in_ten](std::uint64_t rows, unsigned seed) {
            return ask_evenly(rows, writes_in_ten, seed);
        };
    };
    return {{"uniform, 90 % read, 10 % write", evenly(1), 0.75},
            {"Zipf 0.99, 90 % read, 10 % write", ask_by_zipf, 0.75},
            {"uniform, all write", evenly(10), 0.75},
            {"churn, 50 % erase, 50 % insert", ask_for_churn, 0.6}};
}

double microseconds(std::chrono::nanoseconds t) {
    return std::chrono::duration<double, std::micro>(t).count();
}

/// Tells the crew each stretch that a swap reaches, while it lives.
class stretch_marker {
public:
    stretch_marker(hotswap::runtime& runtime, crew& busy) : runtime_(runtime) {
        subscription_ = runtime.subscribe([&busy](hotswap::event const& what) {
            if (what.outcome != hotswap::outcome::done) return;
            if (what.phase == hotswap::phase::precopy) busy.enter(stretch::pause);
            if (what.phase == hotswap::phase::commit) busy.enter(stretch::freeing);
        });
    }
    ~stretch_marker() { subscription_.end(); }
    stretch_marker(stretch_marker const&) = delete;
    stretch_marker& operator=(stretch_marker const&) = delete;

private:
    hotswap::runtime& runtime_;
    hotswap::subscription subscription_{};
};

table_swap_sample swap_under(workload const& what, swapped_table& table, std::uint64_t rows) {
    row_call const call = [&](std::string_view key, deed done) { table.call(key, done); };
    crew busy([&](unsigned seed) { return what.ask(rows, seed); }, call);
    std::this_thread::sleep_for(quiet_window);
    auto const report = [&] {
        stretch_marker const marker(table.runtime(), busy);
        busy.enter(stretch::precopy);
        return table.swap();
    }();
    busy.enter(stretch::after);
    std::this_thread::sleep_for(quiet_window);
    busy.finish();
    return {busy.of(stretch::before),
            busy.of(stretch::precopy),
            busy.of(stretch::freeing),
            busy.of(stretch::after),
            microseconds(report.pause),
            microseconds(report.longest_wait),
            microseconds(report.of(hotswap::phase::precopy).duration)};
}

}  // namespace

bool measure_workloads(bool quick) {
    std::uint64_t const rows = quick ? 100'000 : 1'000'000;
    int const swaps = quick ? 4 : 8;
    bool reached = measure_copy_memory(1'000'000);
    fmt::print("\na table of {} rows is copied and every row rewritten, 2 callers that nothing throttles\n",
               rows);
    fmt::print("  (medians of {} swaps, up and down in turn; max: of all)\n", swaps);
    for (auto const& each : workloads()) {
        fmt::print(stderr, "workloads: {}\n", each.name);
        swapped_table table(rows);
        std::vector<table_swap_sample> samples;
        for (int i = -1; i != swaps; ++i) {
            auto const sample = swap_under(each, table, rows);
            if (i >= 0) samples.push_back(sample);  // the first warms up
        }
        reached = report_workload(each, samples) && reached;
    }
    return reached;
}

}  // namespace bench
