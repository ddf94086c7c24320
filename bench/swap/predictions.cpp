// The pause that a plan predicts, next to the pause that the swap then takes.
#include "components/counter.hpp"
#include "components/ledger.hpp"
#include "components/rows.hpp"
#include "harness/figures.hpp"
#include "harness/measurements.hpp"

#include <hotswap/runtime.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace bench {

namespace {

struct prediction {
    double predicted = 0;  // µs
    double real = 0;
};

struct scenario {
    std::string name;
    std::string component;
    hotswap::transfer how = hotswap::transfer::snapshot;
    std::function<void(hotswap::runtime&, std::filesystem::path const&)> load;
};

double microseconds(std::chrono::nanoseconds t) {
    return std::chrono::duration<double, std::micro>(t).count();
}

std::filesystem::path file_of(scenario const& of, int release) {
    return fmt::format("{}/{}-{}.0.0.so", BENCH_MODULES, of.component, release);
}

prediction plan_and_swap(hotswap::runtime& runtime, scenario const& of, int release) {
    hotswap::swap_options const options{
        .module = file_of(of, release), .transfer = of.how, .even_if_unchanged = true};
    auto const plan = runtime.plan(of.component, options);
    if (!plan) throw hotswap::swap_error(plan.error());
    auto const report = runtime.swap(of.component, options);
    if (!report) throw hotswap::swap_error(report.error());
    return {microseconds(plan->predicted_pause), microseconds(report->pause)};
}

double factor(prediction const& of) { return std::max(of.predicted / of.real, of.real / of.predicted); }

prediction middle(std::vector<prediction> all) {
    std::sort(all.begin(), all.end(), [](auto const& a, auto const& b) { return factor(a) < factor(b); });
    return all[all.size() / 2];
}

template <class Contract>
scenario filled(std::string name, std::string component, std::uint64_t rows,
                hotswap::transfer how = hotswap::transfer::direct) {
    return {std::move(name), component, how,
            [component, rows](hotswap::runtime& runtime, std::filesystem::path const& module) {
                runtime.load<Contract>(component, {.module = module}).value()->fill(rows);
            }};
}

bool judge(scenario const& of, int rounds) {
    std::vector<prediction> first;
    std::vector<prediction> later;
    bool const stays = of.how == hotswap::transfer::handoff;
    for (int round = 0; round != rounds; ++round) {
        hotswap::runtime runtime{{.modules = BENCH_MODULES, .rehearse = hotswap::rehearse::when_new}};
        of.load(runtime, file_of(of, stays ? 2 : 1));
        first.push_back(plan_and_swap(runtime, of, 2));
        runtime
            .swap(of.component,
                  {.module = file_of(of, stays ? 2 : 1), .transfer = of.how, .even_if_unchanged = true})
            .value();
        later.push_back(plan_and_swap(runtime, of, 2));
    }
    auto const unknown = middle(first);
    auto const known = middle(later);
    bool const reached = factor(unknown) <= 2 && factor(known) <= 2;
    fmt::print("  {:<40} {:>9} {:>9} {:>5.2f} {:>9} {:>9} {:>5.2f}  {}\n", of.name,
               in_words(unknown.predicted), in_words(unknown.real), factor(unknown),
               in_words(known.predicted), in_words(known.real), factor(known),
               reached ? "reached" : "NOT reached");
    return reached;
}

}  // namespace

bool measure_predictions(bool quick) {
    std::uint64_t const most = quick ? 100'000 : 1'000'000;
    std::vector<scenario> const all{
        filled<counter>("an empty state", "bench_counter", 0),
        filled<counter>("1 000 entries in a map", "bench_counter", 1000),
        filled<ledger>("10 000 entries in a map", "bench_ledger", 10'000),
        filled<ledger>(fmt::format("{} entries in a map", most), "bench_ledger", most),
        filled<ledger>(fmt::format("{} entries in a flat map", most), "bench_flat_ledger", most),
        filled<ledger>(fmt::format("{} entries in a map, serialized", most), "bench_ledger", most,
                       hotswap::transfer::snapshot),
        filled<ledger>(fmt::format("{} entries by handoff", most), "bench_ledger", most,
                       hotswap::transfer::handoff),
        filled<rows>(fmt::format("a table of {} rows", most), "bench_rows", most),
    };
    int const rounds = quick ? 3 : 5;
    fmt::print("\npauses predicted by plan() and real, an upgrade, no caller (the middle of {})\n", rounds);
    fmt::print("  {:<40} {:^25} {:^25}  goal: a factor of 2\n", "", "never swapped before", "swapped once");
    fmt::print("  {:<40} {:>9} {:>9} {:>5} {:>9} {:>9} {:>5}\n", "", "plan", "real", "", "plan", "real", "");
    bool reached = true;
    for (scenario const& each : all) reached = judge(each, rounds) && reached;
    return reached;
}

}  // namespace bench
