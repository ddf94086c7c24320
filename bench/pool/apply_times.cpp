// The time of a run that succeeds: from the start of the process to its end.
#include "harness/figures.hpp"
#include "pool/parts.hpp"

#include <fmt/format.h>

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

namespace {

namespace fs = std::filesystem;

struct sized {
    std::size_t files;
    int rounds;
};
using three_sizes = std::array<sized, 3>;
constexpr three_sizes usual{sized{3, 21}, sized{100, 11}, sized{10'000, 3}};
constexpr three_sizes smaller{sized{3, 2}, sized{20, 1}, sized{1000, 1}};

constexpr std::string_view without_sync = "hotswap apply, no fsync";
constexpr std::string_view bare = "hotswap apply, no fsync, no closure";

// Ours once more without what the disk and the closure cost.
std::vector<applier_entry> with_our_parts() {
    auto all = pool_contestants();
    auto const unsynced = [](file_set const& of) { return make_hotswap_apply(of, false); };
    all.insert(all.begin() + 1, {{.name = without_sync, .make = unsynced},
                                 {.name = bare, .make = unsynced, .with = closure::none}});
    return all;
}

/// By the name of the contestant.
using column = std::map<std::string_view, std::vector<double>>;

column measure(std::vector<pool_contestant> const& all, std::size_t files, int rounds) {
    column times;
    for (int round = 0; round != rounds; ++round)
        for (auto const& each : all) {
            if (!each.tool || round % each.who.one_of != 0) continue;
            say_progress(fmt::format("times with {} files, {}", files, each.who.name), round, rounds);
            each.reset();
            times[each.who.name].push_back(each.apply());
        }
    return times;
}

double median_of(column const& times, std::string_view name) {
    auto const found = times.find(name);
    return found == times.end() ? 0 : percentile(found->second, 0.5);
}

void print_cell(column const& times, std::string_view name) {
    auto const found = times.find(name);
    if (found == times.end()) return fmt::print(" {:>9} {:>19} {:>7}", "–", "", "");
    auto const all = summarize(found->second);
    fmt::print(" {:>9} {:>19} {:>7.2f}", in_words(all.median),
               fmt::format("{}…{}", in_words(all.low), in_words(all.high)),
               all.median / median_of(times, pool_contestants().front().name));
}

bool judge_time(std::string_view what, double took, double goal, std::string_view unit) {
    if (took != 0) return judge_at_most(what, took, goal, unit);
    fmt::print("  goal: {}: not judged, this run lacks it\n", what);
    return true;
}

bool judge_times(std::array<column, 3> const& times, three_sizes const& sizes) {
    bool const small = judge_time("hotswap apply, 3 files, without fsync and closure",
                                  median_of(times.front(), bare) / 1e3, 15, "ms");
    bool const large = judge_time(fmt::format("hotswap apply, {} files", sizes.back().files),
                                  median_of(times.back(), pool_contestants().front().name) / 1e6, 5, "s");
    return small && large;
}

}  // namespace

bool measure_apply_times(fs::path const& in, bool quick) {
    auto const entries = with_our_parts();
    auto const& sizes = quick ? smaller : usual;
    std::array<column, 3> times;
    std::map<std::string_view, std::string> missing;
    for (std::size_t i = 0; i != sizes.size(); ++i) {
        auto const site = in / "times";
        {
            auto const all = admit(entries, site, sizes[i].files);
            for (auto const& each : all)
                if (!each.tool) missing[each.who.name] = each.missing;
            times[i] = measure(all, sizes[i].files, sizes[i].rounds);
        }
        fs::remove_all(site);
    }
    fmt::print(
        "\nsmall files installed, with a closure `true`, in turn, each run from the old version (median, "
        "lowest…highest, × hotswap)\n  {:<36}",
        "");
    for (auto const& each : sizes)
        fmt::print(" {:>37}", fmt::format("{} files, {} runs", each.files, each.rounds));
    fmt::print("\n");
    for (auto const& each : entries) {
        fmt::print("  {:<36}", each.name);
        if (missing.contains(each.name))
            fmt::print(" {}", missing[each.name]);
        else
            for (auto const& column : times) print_cell(column, each.name);
        fmt::print("\n");
    }
    fmt::print("  (a tenth of the runs for Ansible, file by file; with 10000 files it would take hours)\n");
    return judge_times(times, sizes);
}

}  // namespace bench
