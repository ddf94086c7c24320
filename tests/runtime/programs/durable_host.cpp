// durable_host DIRECTORY OPERATION [MODULE]: a host with a store below DIRECTORY, whose component "sums" is recovered, or loaded
// if there is none, and on which one operation is done. Prints the releases and the sum of "a" before and after. Its faults
// come from the environment variable HOTSWAP_FAILPOINTS.
#include "swap/fixtures/tally.hpp"

#include <hotswap/runtime.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>

using hotswap_test::tally;

namespace {

int run(std::filesystem::path const& directory, std::string const& operation, std::string const& module) {
    hotswap::runtime runtime({.modules = directory,
                              .staging = directory / "staging",
                              .log_to_stderr = false,
                              .rehearse = hotswap::rehearse::never,
                              .store = directory / "store"});
    auto const back = runtime.recover();
    if (!back) {
        fmt::print("lost: {}\n", back.error().message);
        return 3;
    }
    auto sums = back->empty() ? runtime.load<tally>("sums", {.module = module}) : runtime.find<tally>("sums");
    if (!sums) {
        fmt::print("refused: {}\n", sums.error().message);
        return 2;
    }
    fmt::print("{} {}\n", (*sums)->code(), (*sums)->total("a"));
    std::fflush(stdout);
    if (operation == "look") return 0;
    (*sums)->add("a", 1);
    auto const done = operation == "swap"     ? runtime.swap("sums", {.module = module}).has_value()
                      : operation == "revert" ? runtime.revert("sums").has_value()
                                              : runtime.checkpoint().has_value();
    fmt::print("{} {} {}\n", done ? "done" : "refused", (*sums)->code(), (*sums)->total("a"));
    return done ? 0 : 2;
}

}  // namespace

int main(int count, char** words) {
    try {
        if (count >= 3) return run(words[1], words[2], count > 3 ? words[3] : "");
        std::fputs("usage: durable_host DIRECTORY look|swap|revert|checkpoint [MODULE]\n", stderr);
    } catch (std::exception const& e) {
        std::fprintf(stderr, "durable_host: %s\n", e.what());
    }
    return 1;
}
