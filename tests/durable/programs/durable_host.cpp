// durable_host DIRECTORY OPERATION [MODULE]: a host with a store below DIRECTORY that recovers its component
// "sums", or loads it if there is none, and does one operation on it. Prints the releases and the sum of "a"
// before and after. Its faults come from the environment variable HOTSWAP_FAILPOINTS.
//
// durable_host DIRECTORY loop SEED MODULES: endless operations; prints each before it begins and after it has
// succeeded, so that the program that kills this host knows the set that must come back: "begin swap 2.0.0
// 17", "kept 2.0.0 17".
#include "durable/programs/killable_host.hpp"
#include "swap/fixtures/tally.hpp"

#include <hotswap/runtime.hpp>

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>

using hotswap_test::tally;

namespace {

int run(std::filesystem::path const& directory, std::string const& operation, std::string const& module) {
    hotswap::runtime runtime(hotswap_test::killable_options(directory));
    auto const back = hotswap_test::recover_or_say(runtime);
    if (!back) return 3;
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

std::string release_of(tally& sums) { return sums.code().substr(sums.code().rfind(' ') + 1); }

/// Checks that the state is whole: the two sums are always raised together, one twice as fast as the other.
void tell(std::string_view what, std::string const& release, tally& sums) {
    auto const total = sums.total("a");
    fmt::print("{} {} {}{}\n", what, release, total, sums.total("b") == 2 * total ? "" : " TORN");
    std::fflush(stdout);
}

int loop(std::filesystem::path const& directory, unsigned seed, std::filesystem::path const& modules) {
    static constexpr std::array<std::string_view, 3> releases{"1.0.0", "2.0.0", "3.0.0"};
    auto const file_of = [&](std::string_view release) {
        return modules / fmt::format("tally-{}.so", release);
    };
    hotswap::runtime runtime({.modules = modules,
                              .staging = directory / "staging",
                              .log_to_stderr = false,
                              .store = directory / "store",
                              .checkpoint_on_exit = false});
    auto const back = runtime.recover();
    if (!back) {
        fmt::print("lost: {}\n", back.error().message);
        return 3;
    }
    auto const sums = (back->empty() ? runtime.load<tally>("sums", {.module = file_of("1.0.0")})
                                     : runtime.find<tally>("sums"))
                          .value();
    tell("back", release_of(*sums.lease()), *sums.lease());
    for (std::minstd_rand random(seed);;) {
        for (auto more = random() % 4; more != 0; --more) {
            sums->add("a", 1);
            sums->add("b", 2);
        }
        auto const now = release_of(*sums.lease());
        auto const before = runtime.status().front().previous_release;
        auto const choice = random() % 8;
        bool const checkpoints = choice < 2;
        bool const reverts = choice == 2 && !before.empty();
        std::string const next = checkpoints ? now : reverts ? before : std::string(releases[random() % 3]);
        tell("begin", next, *sums.lease());
        auto const when = choice == 3 ? hotswap::rehearse::always : hotswap::rehearse::never;
        bool const done =
            checkpoints ? runtime.checkpoint().has_value()
            : reverts
                ? runtime.revert("sums").has_value()
                : runtime.swap("sums", {.module = file_of(next), .rehearse = when, .even_if_unchanged = true})
                      .has_value();
        tell(done ? "kept" : "refused", release_of(*sums.lease()), *sums.lease());
    }
}

}  // namespace

int main(int count, char** words) {
    try {
        if (count == 5 && words[2] == std::string_view("loop"))
            return loop(words[1], static_cast<unsigned>(std::stoul(words[3])), words[4]);
        if (count >= 3) return run(words[1], words[2], count > 3 ? words[3] : "");
        std::fputs(
            "usage: durable_host DIRECTORY look|swap|revert|checkpoint [MODULE], or loop SEED MODULES\n",
            stderr);
    } catch (std::exception const& e) {
        std::fprintf(stderr, "durable_host: %s\n", e.what());
    }
    return 1;
}
