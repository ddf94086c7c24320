// The callers' latencies during a table's copy, as a table of figures, and the goals.
#include "transfer/workloads.hpp"

#include <fmt/format.h>

#include <string>

namespace bench {

namespace {

using samples = std::vector<table_swap_sample>;

figure over(samples const& all, std::function<double(table_swap_sample const&)> const& of) {
    std::vector<double> values;
    for (auto const& each : all) values.push_back(of(each));
    return summarize(std::move(values));
}

figure over(samples const& all, double table_swap_sample::*of) {
    return over(all, [of](auto const& each) { return each.*of; });
}

// Swap by swap, so that a drift of the machine's speed does not affect the ratio.
figure ratio(samples const& all, latency table_swap_sample::*in, double latency::*of) {
    return over(all, [=](auto const& each) { return each.*in.*of / (each.before.*of); });
}

void print_stretch(std::string_view name, samples const& all, latency table_swap_sample::*in) {
    auto const median = [&](double latency::*of) {
        return over(all, [=](auto const& each) { return each.*in.*of; }).median;
    };
    auto const max = over(all, [=](auto const& each) { return (each.*in).max; });
    fmt::print("    {:<28} {:>11.0f} {:>8.2f} {:>9} {:>9} {:>8.2f} {:>9} {:>9}\n", name,
               median(&latency::calls_per_second), ratio(all, in, &latency::calls_per_second).median,
               in_words(median(&latency::p50)), in_words(median(&latency::p999)),
               ratio(all, in, &latency::p999).median, in_words(max.median), in_words(max.high));
}

void print_figure(std::string_view name, figure const& of) {
    fmt::print("    {:<28} {:>11}   {}…{}\n", name, in_words(of.median), in_words(of.low), in_words(of.high));
}

}  // namespace

bool report_workload(workload const& of, samples const& all) {
    fmt::print("\n  {:<30} {:>11} {:>8} {:>9} {:>9} {:>8} {:>9} {:>9}\n", of.name, "calls/s", "× before",
               "p50", "p99.9", "× before", "max p50", "max");
    print_stretch("before", all, &table_swap_sample::before);
    print_stretch("during the pre-copy", all, &table_swap_sample::precopy);
    print_stretch("while freeing", all, &table_swap_sample::freeing);
    print_stretch("after", all, &table_swap_sample::after);
    auto const pause = over(all, &table_swap_sample::pause);
    print_figure("pause", pause);
    print_figure("longest wait at the gate", over(all, &table_swap_sample::longest_wait));
    print_figure("length of the pre-copy", over(all, &table_swap_sample::copied_in));
    auto const kept = ratio(all, &table_swap_sample::precopy, &latency::calls_per_second);
    auto const slower = ratio(all, &table_swap_sample::precopy, &latency::p999);
    bool const throughput =
        judge_at_least("throughput during the pre-copy", kept.median, of.throughput_goal, "× before it");
    bool const latencies = judge_at_most("p99.9 during the pre-copy", slower.median, 2, "× before it");
    bool const short_enough = judge_at_most("pause p50", pause.median, 100, "µs");
    return throughput && latencies && short_enough;
}

}  // namespace bench
