// hotswap_bench: prints our figures beside the peers', from one run on one machine.
#include "figures.hpp"
#include "measurements.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <exception>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <string_view>

namespace {

constexpr char usage[] =
    "usage: hotswap_bench [--quick] [--calls] [--pauses] [--archives] [--curve] [--plot FILE]\n"
    "\n"
    "Measures hotswap beside its peers, in one run, and says which goals were reached.\n"
    "\n"
    "  --calls      a call through a handle\n"
    "  --pauses     swaps of a small state\n"
    "  --archives   saving and loading a large state\n"
    "  --curve      the pause against the number of rows\n"
    "               (several may be named; without any, all are measured)\n"
    "  --quick      fewer runs, smaller states: to see that it works, not to quote\n"
    "  --plot FILE  draws the curve as an SVG\n"
    "  --help       this text\n"
    "\n"
    "Exit status: 0 if every goal was reached, 1 if not, 2 if it could not be run.\n";

struct options {
    bool quick = false;
    std::set<std::string_view> named{};  ///< empty: all
    std::filesystem::path plot{};
    bool help = false;

    bool wants(std::string_view measurement) const { return named.empty() || named.contains(measurement); }
};

options parse(int count, char** words) {
    options asked;
    for (int i = 1; i != count; ++i) {
        std::string_view const word = words[i];
        if (word == "--quick") {
            asked.quick = true;
        } else if (word == "--help") {
            asked.help = true;
        } else if (word == "--calls" || word == "--pauses" || word == "--archives" || word == "--curve") {
            asked.named.insert(word);
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
    if (asked.wants("--calls")) reached = bench::measure_calls(asked.quick ? 3 : 15) && reached;
    if (asked.wants("--pauses")) reached = bench::measure_pauses(asked.quick ? 50 : 1000) && reached;
    if (asked.wants("--archives")) reached = bench::measure_archives(asked.quick ? 3 : 9) && reached;
    if (asked.wants("--curve")) reached = bench::measure_curve(asked.quick, asked.plot) && reached;
    return reached ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
    try {
        auto const asked = parse(count, words);
        if (!asked.help) return run(asked);
        fmt::print("{}", usage);
        return 0;
    } catch (std::exception const& e) {
        std::fprintf(stderr, "hotswap_bench: %s\n", e.what());
        return 2;
    }
}
