// The memory that a table's copy takes, as the kernel counts it.
#include "harness/crew.hpp"
#include "transfer/swapped_table.hpp"
#include "transfer/workloads.hpp"

#include <fmt/format.h>

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <stop_token>
#include <thread>

namespace bench {

namespace {

using namespace std::chrono_literals;

std::uint64_t resident() {
    std::ifstream pages("/proc/self/statm");
    std::uint64_t mapped = 0;
    std::uint64_t held = 0;
    pages >> mapped >> held;
    return held * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

/// Reads the resident memory every millisecond while it lives.
class memory_watch {
public:
    std::uint64_t highest() {
        note();
        return highest_;
    }

private:
    void note() {
        std::uint64_t const now = resident();
        for (std::uint64_t most = highest_; most < now && !highest_.compare_exchange_weak(most, now);) {
        }
    }

    std::atomic<std::uint64_t> highest_{0};
    std::jthread watcher_{[this](std::stop_token stop) {
        for (; !stop.stop_requested(); std::this_thread::sleep_for(1ms)) note();
    }};
};

double megabytes(std::uint64_t bytes) { return static_cast<double>(bytes) / 1e6; }

void print_memory(std::string_view name, std::uint64_t bytes, std::uint64_t of_rows) {
    fmt::print("  {:<44} {:>9.1f} {:>8.2f}\n", name, megabytes(bytes),
               static_cast<double>(bytes) / static_cast<double>(of_rows));
}

}  // namespace

bool measure_copy_memory(std::uint64_t rows) {
    fmt::print(stderr, "memory: a table of {} rows\n", rows);
    malloc_trim(0);  // so that this measurement does not reuse memory that earlier ones freed
    std::uint64_t const empty = resident();
    swapped_table table(rows);
    std::uint64_t const filled = resident() - empty;
    auto const plan = table.runtime()
                          .plan("bench_rows", {.module = BENCH_MODULES "/bench_rows-2.0.0.so",
                                               .rehearse = hotswap::rehearse::when_new})
                          .value();

    row_call const call = [&](std::string_view key, deed done) { table.call(key, done); };
    crew busy([rows](unsigned seed) { return ask_evenly(rows, 1, seed); }, call);
    std::uint64_t copied = 0;
    memory_watch watch;
    auto subscription = table.runtime().subscribe([&](hotswap::event const& what) {
        if (what.phase == hotswap::phase::precopy && what.outcome == hotswap::outcome::done)
            copied = watch.highest();
    });
    auto const report = table.swap();
    subscription.end();
    busy.finish();

    fmt::print("\nresident memory while a table of {} rows is copied, 2 callers at work\n", rows);
    fmt::print("  {:<44} {:>9} {:>8}\n", "", "MB", "× rows");
    print_memory("the filled table", filled, filled);
    print_memory("at its highest during the pre-copy", copied - empty, filled);
    print_memory("at its highest in the whole swap", watch.highest() - empty, filled);
    print_memory("after the swap", resident() - empty, filled);
    print_memory("the copy alone, measured", copied - empty - filled, filled);
    print_memory("the copy alone, as the plan predicted", plan.tables.memory, filled);
    print_memory("the copy alone, as the swap reported", report.tables.memory, filled);
    return judge_at_most("memory during the pre-copy",
                         static_cast<double>(copied - empty) / static_cast<double>(filled), 2.1,
                         "× the rows' own");
}

}  // namespace bench
