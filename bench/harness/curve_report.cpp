// The curve as tables, and its goals.
#include "harness/curve.hpp"

#include "harness/contestant.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace bench {

namespace {

constexpr int name_width = 36;

series const* find(std::vector<series> const& curve, std::string_view name) {
    auto const found = std::ranges::find(curve, name, &series::name);
    return found == curve.end() ? nullptr : &*found;
}

point const* find(std::vector<series> const& curve, std::string_view name, std::uint64_t rows) {
    auto const* const of = find(curve, name);
    return of == nullptr ? nullptr : of->at(rows);
}

void print_stretch(char const* name, latency const& calls) {
    fmt::print("    {:<{}} {:>12.0f} {:>10} {:>10} {:>10}\n", name, name_width - 2, calls.calls_per_second,
               in_words(calls.p50), in_words(calls.p999), in_words(calls.max));
}

bool unjudged(std::string_view what) {
    fmt::print("  goal: {}: not judged, this run lacks what it compares\n", what);
    return true;
}

// The pauses of two contestants with `rows` rows; the goal is an upper bound for `ours` ÷ `theirs`.
bool judge_ratio(std::vector<series> const& curve, std::uint64_t rows, std::string_view ours,
                 std::string_view theirs, double goal) {
    auto const what = fmt::format("pause with {} rows, {}", rows, ours);
    auto const* const our = find(curve, ours, rows);
    auto const* const their = find(curve, theirs, rows);
    if (our == nullptr || their == nullptr) return unjudged(what);
    return judge_at_most(what, our->pause.median / their->pause.median, goal, fmt::format("× {}", theirs));
}

bool judge_precopy(std::vector<series> const& curve) {
    auto const* const ours = find(curve, names::precopy);
    auto const* const million = find(curve, names::precopy, 1'000'000);
    auto const* const ets = find(curve, names::erlang_ets, 1'000'000);
    bool reached = true;
    if (million == nullptr) return unjudged("pause of a table, pre-copied");
    reached = judge_at_most("pause of 1000000 rows, pre-copied", million->pause.median, 100, "µs");
    if (ets == nullptr)
        unjudged("pause of 1000000 rows in Erlang's ETS");
    else
        reached = judge_at_least("pause of 1000000 rows in Erlang's ETS",
                                 ets->pause.median / million->pause.median, 1000, "× ours") &&
                  reached;
    reached = judge_at_least("callers' throughput in the whole swap, pre-copied",
                             million->during.calls_per_second / million->before.calls_per_second, 0.75,
                             "× before it") &&
              reached;
    reached = judge_at_most("callers' p99.9 in the whole swap, pre-copied",
                            million->during.p999 / million->before.p999, 2, "× before it") &&
              reached;
    auto const [least, most] =
        std::ranges::minmax(ours->points, {}, [](point const& p) { return p.pause.median; });
    return judge_at_most("longest pause of any size", most.pause.median / least.pause.median, 2,
                         "× the shortest") &&
           reached;
}

}  // namespace

void print_pauses(std::vector<series> const& curve, std::vector<std::uint64_t> const& sizes) {
    fmt::print(
        "\nthe pause in which every row is rewritten, 2 callers at work (median, lowest…highest)\n"
        "  (interleaved swap by swap; with more than 1000000 rows one after the other)\n");
    fmt::print("  {:<{}}", "rows", name_width);
    for (auto const rows : sizes) fmt::print(" {:>27}", rows);
    fmt::print("\n");
    for (auto const& each : curve) {
        fmt::print("  {:<{}}", each.name, name_width);
        for (auto const rows : sizes) {
            auto const* const at = each.at(rows);
            auto const spread =
                at ? fmt::format("{}…{}", in_words(at->pause.low), in_words(at->pause.high)) : "";
            fmt::print(" {:>9} {:>17}", at ? in_words(at->pause.median) : "–", spread);
        }
        fmt::print("\n");
        if (!each.remark.empty()) fmt::print("    {}\n", each.remark);
    }
}

void print_callers(std::vector<series> const& curve, std::uint64_t rows) {
    fmt::print("\ncallers with {} rows, 2 of them (medians of the swaps; max: of all)\n", rows);
    fmt::print("  {:<{}} {:>12} {:>10} {:>10} {:>10}\n", "", name_width, "calls/s", "p50", "p99.9", "max");
    for (auto const& each : curve) {
        fmt::print("  {}\n", each.name);
        if (auto const* const at = each.at(rows)) {
            print_stretch("before", at->before);
            print_stretch("during", at->during);
            print_stretch("after", at->after);
        } else {
            fmt::print("    {}\n", each.remark);
        }
    }
    fmt::print("  (a call that is under way when a swap begins or ends counts as one during it)\n\n");
}

bool judge_curve(std::vector<series> const& curve) {
    bool const table = judge_precopy(curve);
    bool plain = true;
    for (std::uint64_t const rows : {10'000, 100'000, 1'000'000})
        for (auto const ours : {names::direct, names::lent, names::flat}) {
            plain = judge_ratio(curve, rows, ours, names::erlang_map, 0.4) && plain;
            plain = judge_ratio(curve, rows, ours, names::stop_the_world, 1.2) && plain;
        }
    return table && plain;
}

}  // namespace bench
