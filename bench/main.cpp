// hotswap_bench: prints our figures beside the peers', from one run on one machine.
#include "table.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <exception>
#include <string_view>

namespace {

constexpr char usage[] =
    "usage: hotswap_bench [--quick] [--calls | --pauses]\n"
    "\n"
    "Measures a call and a swap, each beside its peers and its goal.\n"
    "\n"
    "  --quick    fewer runs: to see that it works, not to quote\n"
    "  --calls    calls only\n"
    "  --pauses   swaps only\n"
    "  --help     this text\n"
    "\n"
    "Exit status: 0 if every goal was reached, 1 if not, 2 if it could not be run.\n";

int run(int count, char** words) {
    bool quick = false;
    bool calls = true;
    bool pauses = true;
    for (int i = 1; i != count; ++i) {
        std::string_view const word = words[i];
        if (word == "--quick") {
            quick = true;
        } else if (word == "--calls") {
            pauses = false;
        } else if (word == "--pauses") {
            calls = false;
        } else {
            std::FILE* const to = word == "--help" ? stdout : stderr;
            fmt::print(to, "{}", usage);
            return word == "--help" ? 0 : 2;
        }
    }
    fmt::print("{}\n{:%Y-%m-%d %H:%M} UTC\n", bench::machine(), fmt::gmtime(std::time(nullptr)));
    bool reached = true;
    if (calls) reached = bench::measure_calls(quick ? 3 : 15) && reached;
    if (pauses) reached = bench::measure_pauses(quick ? 50 : 1000) && reached;
    return reached ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
    try {
        return run(count, words);
    } catch (std::exception const& e) {
        std::fprintf(stderr, "hotswap_bench: %s\n", e.what());
        return 2;
    }
}
