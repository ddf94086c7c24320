// The pause of a set: components with tables that are swapped as one, two callers at work on all of them.
#include "components/rows.hpp"
#include "harness/crew.hpp"
#include "harness/figures.hpp"
#include "harness/measurements.hpp"

#include <hotswap/runtime.hpp>

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace bench {

namespace {

constexpr int members = 10;

/// Ten components with the same number of rows each, on one release.
class set_of_tables {
public:
    explicit set_of_tables(std::uint64_t rows) {
        for (int i = 0; i != members; ++i) {
            handles_.push_back(
                runtime_.load<bench::rows>(fmt::format("rows {}", i), {.module = file(1)}).value());
            handles_.back()->fill(rows);
        }
    }
    /// Calls one after the other.
    void call(std::string_view key, deed what) {
        auto const& handle = handles_[turn_.fetch_add(1, std::memory_order_relaxed) % members];
        if (what == deed::add)
            handle->add(key, 1);
        else
            handle->read(key);
    }
    hotswap::set_report swap() {
        release_ = 3 - release_;
        hotswap::component_set set;
        for (int i = 0; i != members; ++i)
            set.push_back({fmt::format("rows {}", i), {.module = file(release_)}});
        auto report = runtime_.swap(set);
        if (!report) throw hotswap::swap_error(report.error());
        for (auto const& each : report->components)
            if (each.tables.way != hotswap::table_way::before_pause)
                throw std::runtime_error("a table was to be copied before the pause, and was copied in it: " +
                                         each.tables.reason);
        return std::move(*report);
    }

private:
    static std::filesystem::path file(int release) {
        return fmt::format("{}/bench_rows-{}.0.0.so", BENCH_MODULES, release);
    }

    hotswap::runtime runtime_{{.modules = BENCH_MODULES, .rehearse = hotswap::rehearse::never}};
    std::vector<hotswap::handle<bench::rows>> handles_;
    std::atomic<unsigned> turn_{0};
    int release_ = 1;
};

}  // namespace

bool measure_sets(bool quick) {
    std::uint64_t const rows = quick ? 10'000 : 100'000;
    int const swaps = quick ? 5 : 30;
    set_of_tables tables(rows);
    std::vector<double> pauses;
    std::vector<double> waits;
    row_call const call = [&tables](std::string_view key, deed what) {
        tables.call(key, what);
    };  // outlives the crew
    {
        crew busy([rows](unsigned seed) { return ask_evenly(rows, 1, seed); }, call);
        for (int i = 0; i != swaps; ++i) {
            auto const report = tables.swap();
            pauses.push_back(std::chrono::duration<double, std::micro>(report.pause).count());
            waits.push_back(std::chrono::duration<double, std::micro>(report.longest_wait).count());
        }
        busy.finish();
    }
    fmt::print("\n{} components with tables of {} rows each, swapped as one {} times, {} callers at work\n",
               members, rows, swaps, callers);
    auto const print = [](char const* name, std::vector<double> const& values) {
        fmt::print("  {:<28} p50 {:>9}   {}…{}\n", name, in_words(percentile(values, 0.5)),
                   in_words(percentile(values, 0)), in_words(percentile(values, 1)));
    };
    print("pause of the set", pauses);
    print("longest wait at a gate", waits);
    return judge_at_most("pause p50 of the set", percentile(pauses, 0.5), 300, "µs");
}

}  // namespace bench
