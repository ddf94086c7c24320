// A census of what kills leave behind.
#include "harness/figures.hpp"
#include "pool/parts.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t files = 20;

/// How many sets were found as what.
struct tally {
    std::array<int, 4> of{};

    void add(set_content what) { ++of[static_cast<std::size_t>(what)]; }
    int split() const {
        return of[static_cast<std::size_t>(set_content::mixed)] +
               of[static_cast<std::size_t>(set_content::damaged)];
    }
    void print(std::string_view name, int kills) const {
        fmt::print("  {:<34} {:>7} {:>9} {:>9} {:>9} {:>9}\n", name, kills, of[0], of[1], of[2], of[3]);
    }
};

struct counted {
    pool_contestant const& who;
    double lasts = 0;  // µs
    std::mt19937_64 random{};
    int kills = 0;
    tally killed{};
    tally recovered{};
};

double usual_time(pool_contestant const& of) {
    std::vector<double> times;
    for (int i = 0; i != (of.who.one_of == 1 ? 7 : 1); ++i) {
        of.reset();
        times.push_back(of.apply());
    }
    return percentile(times, 0.5);
}

// A run that has ended before its instant is no kill: another instant is drawn.
void kill_once(counted& of) {
    std::uniform_real_distribution<double> instants(0, of.lasts);
    for (;;) {
        of.who.reset();
        std::chrono::duration<double, std::micro> const instant(instants(of.random));
        tool_run run(of.who.prepare(closure::passes), of.who.log());
        if (run.kill_after(std::chrono::duration_cast<std::chrono::nanoseconds>(instant))) break;
    }
    ++of.kills;
    of.killed.add(of.who.files->look());
    auto const recovery = of.who.tool->recovery();
    if (!recovery) return;
    tool_run(*recovery, of.who.log()).wait();
    of.recovered.add(of.who.files->look());
}

void print(counted const& of) {
    of.killed.print(fmt::format("{}", of.who.who.name), of.kills);
    if (!of.who.who.recovery.empty())
        of.recovered.print(fmt::format("  after {}", of.who.who.recovery), of.kills);
    else
        fmt::print("    (has no recovery)\n");
}

}  // namespace

bool measure_kills(fs::path const& in, int kills) {
    auto const site = in / "kills";
    auto const all = admit(pool_contestants(), site, files);
    std::vector<counted> rows;
    std::string spans;
    for (auto const& each : all) {
        if (!each.tool) continue;
        auto const seed = rows.size() + 1;
        rows.push_back({.who = each, .lasts = usual_time(each), .random = std::mt19937_64(seed)});
        spans += fmt::format("{}{} 0…{} (seed {})", spans.empty() ? "" : ", ", each.who.name,
                             in_words(rows.back().lasts), seed);
    }
    for (int i = 0; i != kills; ++i)
        for (auto& each : rows) {
            say_progress(fmt::format("kills, {}", each.who.who.name), i, kills);
            if (i % each.who.who.one_of == 0) kill_once(each);
        }
    fmt::print(
        "\n{} files after SIGKILL to all processes of the tool, at instants spread evenly over its run\n  "
        "({})\n",
        files, spans);
    fmt::print("  {:<34} {:>7} {:>9} {:>9} {:>9} {:>9}\n", "", "kills", "all old", "all new", "mixed",
               "cut off");
    for (auto const& each : all)
        if (!each.tool) print_missing(each);
    for (auto const& each : rows) print(each);
    fs::remove_all(site);
    auto const& ours = rows.empty() ? nullptr : &rows.front();
    if (ours == nullptr || ours->who.who.name != pool_contestants().front().name) {
        fmt::print(
            "  goal: hotswap's sets that are mixed after its recovery: not judged, this run lacks it\n");
        return true;
    }
    return judge_at_most("hotswap's sets that are mixed or cut off after its recovery",
                         ours->recovered.split(), 0, "sets");
}

}  // namespace bench
