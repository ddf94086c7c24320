// A pause budget that a swap cannot keep: the callers' wait until the old code serves them again.
#include "components/ledger.hpp"
#include "harness/figures.hpp"
#include "harness/measurements.hpp"
#include "harness/under_load.hpp"

#include <hotswap/runtime.hpp>

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace bench {

namespace {

using namespace std::chrono_literals;

/// A budget, and too many rows for it.
struct overload {
    std::chrono::milliseconds budget;
    std::uint64_t rows;
};

// With a million rows the budget ends while the old state is serialized, which is stopped; with fewer rows
// while the new code reads the state, which is abandoned.
constexpr std::array overloads{overload{5ms, 1'000'000}, overload{20ms, 1'000'000}, overload{20ms, 200'000}};

/// The results of the attempts with one budget.
struct refusals {
    std::map<hotswap::phase, int> in{};  ///< the number of refusals in each phase
    std::vector<double> quiet{};         // µs, the longest call before each
    std::vector<double> waits{};         // µs, the longest call in each, as the callers measured it
};

// Abandoned work continues in the background, and would take the processor from the next attempt's callers.
void wait_until_nothing_is_left(hotswap::runtime const& runtime) {
    auto const until = std::chrono::steady_clock::now() + 60s;
    while (!runtime.status().at(0).retained.empty()) {
        if (std::chrono::steady_clock::now() > until)
            throw std::runtime_error("code that overran its budget did not end: " +
                                     runtime.status().at(0).retained);
        std::this_thread::sleep_for(10ms);
    }
}

hotswap::phase be_refused(hotswap::runtime& runtime, std::chrono::milliseconds budget) {
    auto const refused = runtime.swap(
        "bench_ledger", {.module = BENCH_MODULES "/bench_ledger-2.0.0.so", .pause_budget = budget});
    if (refused) throw std::runtime_error("a swap kept a budget that is far too small for it");
    if (refused.error().code != hotswap::errc::pause_budget_exceeded)
        throw hotswap::swap_error(refused.error());
    return refused.error().phase;
}

refusals try_in_vain(overload const& with, int attempts) {
    hotswap::runtime runtime{
        {.modules = BENCH_MODULES, .log_to_stderr = false, .rehearse = hotswap::rehearse::never}};
    auto const handle =
        runtime.load<ledger>("bench_ledger", {.module = BENCH_MODULES "/bench_ledger-1.0.0.so"}).value();
    handle->fill(with.rows);
    row_call const call = [&](std::string_view key, deed what) {
        what == deed::read ? void(handle->read(key)) : handle->add(key, 1);
    };
    refusals all;
    for (int i = 0; i != attempts; ++i) {
        auto const sample = measure_under_load(with.rows, call, [&] {
            ++all.in[be_refused(runtime, with.budget)];
            return 0.0;
        });
        all.quiet.push_back(sample.before.max);
        all.waits.push_back(sample.during.max);
        wait_until_nothing_is_left(runtime);
    }
    return all;
}

void print_row(std::string_view name, std::vector<double> const& waits) {
    auto const of = summarize(waits);
    fmt::print("    {:<42} {:>10} {:>10} {:>10}\n", name, in_words(of.low), in_words(of.median),
               in_words(of.high));
}

bool report(overload const& with, refusals const& all) {
    std::string phases;
    for (auto const& [phase, count] : all.in)
        phases += fmt::format(", {} in {}", count, hotswap::to_string(phase));
    fmt::print("  {} ms for {} rows: refused{}\n", with.budget.count(), with.rows, phases.substr(1));
    print_row("longest call before the swap", all.quiet);
    print_row("longest call in the swap", all.waits);
    double const limit = static_cast<double>(with.budget.count()) + 1;
    auto const waits = summarize(all.waits);
    auto const what = fmt::format("callers' wait, {} ms for {} rows", with.budget.count(), with.rows);
    bool const usual = judge_at_most(what + ", p50", waits.median / 1e3, limit, "ms");
    bool const longest = judge_at_most(what + ", longest", waits.high / 1e3, limit, "ms");
    return usual && longest;
}

}  // namespace

bool measure_budget(bool quick) {
    int const attempts = quick ? 5 : 20;
    fmt::print("\na pause budget that a std::map cannot keep, 2 callers at work ({} refused swaps each)\n",
               attempts);
    fmt::print("  {:<44} {:>10} {:>10} {:>10}\n", "as the callers measured it", "min", "p50", "max");
    bool reached = true;
    for (auto const& with : overloads) {
        fmt::print(stderr, "budget: {} ms, {} rows\n", with.budget.count(), with.rows);
        reached = report(with, try_in_vain(with, attempts)) && reached;
    }
    return reached;
}

}  // namespace bench
