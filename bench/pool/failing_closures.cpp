// Runs whose closure fails: what the tool leaves behind by itself.
#include "harness/figures.hpp"
#include "pool/parts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>
#include <string_view>
#include <vector>

namespace bench {

namespace {

constexpr std::size_t files = 20;

std::string_view name_of(set_content what) {
    switch (what) {
        case set_content::all_old:
            return "old";
        case set_content::all_new:
            return "new";
        case set_content::mixed:
            return "mixed";
        case set_content::damaged:
            return "cut off";
    }
    return "";
}

void print(pool_contestant const& of, int runs) {
    std::vector<double> times;
    std::set<std::string_view> left;
    std::set<int> statuses;
    for (int i = 0; i != runs; ++i) {
        say_progress("closures that fail", i, runs);
        of.reset();
        auto const end = tool_run(of.prepare(closure::fails), of.log()).wait();
        times.push_back(end.took);
        left.insert(name_of(of.files->look()));
        statuses.insert(end.status);
    }
    fmt::print("  {:<34} {:>9} {:>8} {:>8}\n", of.who.name, in_words(percentile(times, 0.5)),
               fmt::join(statuses, ", "), fmt::join(left, ", "));
}

}  // namespace

void measure_failing_closures(std::filesystem::path const& in, bool quick) {
    auto const site = in / "failing";
    auto const all = admit(pool_contestants(), site, files);
    fmt::print("\na closure that fails, {} files\n  {:<34} {:>9} {:>8} {:>8}\n", files, "", "p50", "status",
               "files");
    for (auto const& each : all) {
        if (!each.tool)
            print_missing(each);
        else
            print(each, quick || each.who.one_of != 1 ? 1 : 5);
    }
    std::filesystem::remove_all(site);
}

}  // namespace bench
