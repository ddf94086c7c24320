// hotswap_bench: prints our figures next to the peers', from one run on one machine.
#include "harness/figures.hpp"
#include "harness/measurements.hpp"
#include "state/table_operations.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <exception>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace {

constexpr char usage[] =
    "usage: hotswap_bench [--MEASUREMENT…] [--quick] [--plot FILE]\n"
    "\n"
    "Measures hotswap next to its peers, in one run, and says which goals were reached.\n"
    "\n"
    "{}"
    "                (several may be named; without any, all are measured)\n"
    "  --quick       fewer runs, smaller states: to see that it works, not to quote\n"
    "  --kills N     of each tool in --pools (300; with --quick 20)\n"
    "  --plot FILE   draws the curve as an SVG\n"
    "  --help        this text\n"
    "\n"
    "Exit status: 0 if every goal was reached, 1 if not, 2 if it could not be run.\n";

struct options {
    bool quick = false;
    std::set<std::string_view> named{};  ///< empty: all
    std::filesystem::path plot{};
    int kills = 0;  ///< 0: as many as usual
    bool help = false;

    bool wants(std::string_view measurement) const { return named.empty() || named.contains(measurement); }
};

struct measurement {
    std::string_view option;
    std::string_view about;
    bool (*run)(options const&);
};

// Run in this order: measurements of tables come before those that leave a large heap.
constexpr std::array measurements{
    measurement{"--calls", "a call through a handle",
                [](options const& asked) { return bench::measure_calls(asked.quick ? 3 : 15); }},
    measurement{"--pauses", "swaps of a small state",
                [](options const& asked) { return bench::measure_pauses(asked.quick ? 50 : 1000); }},
    measurement{"--rehearsal", "swaps of a small state, rehearsed",
                [](options const& asked) { return bench::measure_rehearsals(asked.quick ? 20 : 300); }},
    measurement{"--sets", "the pause of ten components that are swapped as one",
                [](options const& asked) { return bench::measure_sets(asked.quick); }},
    measurement{"--components", "the shipped components, through all their releases",
                [](options const& asked) { return bench::measure_components(asked.quick); }},
    measurement{"--workloads", "callers of a table while it is copied, and its memory",
                [](options const& asked) { return bench::measure_workloads(asked.quick); }},
    measurement{"--table", "what a call of a table costs",
                [](options const& asked) { return bench::measure_table(asked.quick); }},
    measurement{"--budget", "what callers wait when a pause budget is overrun",
                [](options const& asked) { return bench::measure_budget(asked.quick); }},
    measurement{"--plan", "pauses as they were predicted, and as they were",
                [](options const& asked) { return bench::measure_predictions(asked.quick); }},
    measurement{"--store", "making a swap durable",
                [](options const& asked) { return bench::measure_store(asked.quick); }},
    measurement{"--operator", "an operator's commands, next to reloads of other servers",
                [](options const& asked) { return bench::measure_operator(asked.quick); }},
    measurement{
        "--pools", "sets of files that are installed as one, next to other tools",
        [](options const& asked) {
            return bench::measure_pools(asked.quick, asked.kills != 0 ? asked.kills : asked.quick ? 20 : 300);
        }},
    measurement{"--archives", "saving and loading a large state",
                [](options const& asked) { return bench::measure_archives(asked.quick ? 3 : 9); }},
    measurement{"--curve", "the pause against the number of rows",
                [](options const& asked) { return bench::measure_curve(asked.quick, asked.plot); }},
};

std::string help() {
    std::string lines;
    for (auto const& each : measurements) lines += fmt::format("  {:<12}  {}\n", each.option, each.about);
    return fmt::format(usage, lines);
}

int number_of(std::string_view word) {
    int number = 0;
    auto const [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc{} || end != word.data() + word.size() || number < 1)
        throw std::invalid_argument(fmt::format("--kills needs a number from 1 on, and not {}", word));
    return number;
}

options parse(int count, char** words) {
    options asked;
    for (int i = 1; i != count; ++i) {
        std::string_view const word = words[i];
        if (word == "--quick") {
            asked.quick = true;
        } else if (word == "--help") {
            asked.help = true;
        } else if (std::ranges::find(measurements, word, &measurement::option) != measurements.end()) {
            asked.named.insert(word);
        } else if (word == "--kills") {
            if (i + 1 == count) throw std::invalid_argument("--kills needs a number");
            asked.kills = number_of(words[++i]);
        } else if (word == "--plot") {
            if (i + 1 == count) throw std::invalid_argument("--plot needs the name of a file to write");
            asked.plot = words[++i];
        } else {
            throw std::invalid_argument(fmt::format("{} is not understood; see hotswap_bench --help", word));
        }
    }
    return asked;
}

int run(options const& asked) {
    fmt::print("{}\n{:%Y-%m-%d %H:%M} UTC\n", bench::machine(), fmt::gmtime(std::time(nullptr)));
    bool reached = true;
    for (auto const& each : measurements) {
        if (!asked.wants(each.option)) continue;
        reached = each.run(asked) && reached;
        std::fflush(stdout);
    }
    return reached ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
    try {
        auto const asked = parse(count, words);
        if (!asked.help) return run(asked);
        fmt::print("{}", help());
        return 0;
    } catch (std::exception const& e) {
        std::fprintf(stderr, "hotswap_bench: %s\n", e.what());
        return 2;
    }
}
