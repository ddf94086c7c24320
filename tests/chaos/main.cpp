// chaos MODE [--seed N] [--steps N] [--kills N] [--quick]: random operations and faults. tools/chaos builds
// and starts it.
#include "modes.hpp"

#include <boost/program_options.hpp>

#include <fmt/format.h>

#include <csignal>
#include <exception>
#include <iostream>
#include <string>

namespace po = boost::program_options;

namespace {

std::uint64_t any_seed() {
    std::random_device device;
    return device() % 1'000'000'000;
}

int run(int argc, char** argv) {
    po::options_description known("options");
    chaos::wanted how;
    std::string mode;
    // clang-format off
    known.add_options()
        ("mode", po::value(&mode)->default_value("gateway"), "gateway, storm or kills")
        ("seed", po::value(&how.seed), "of the random order; without it another one each time")
        ("steps", po::value(&how.steps)->default_value(0), "gateway: things done to it (2000); storm: swaps (10000)")
        ("kills", po::value(&how.kills)->default_value(500), "kills: how often the host is killed")
        ("quick", "leaves out what takes long; fewer steps")
        ("help", "this text");
    // clang-format on
    po::positional_options_description first;
    first.add("mode", 1);
    po::variables_map given;
    po::store(po::command_line_parser(argc, argv).options(known).positional(first).run(), given);
    po::notify(given);
    if (given.count("help") != 0) {
        std::cout << "usage: chaos [gateway|storm|kills] [option…]\n\n" << known;
        return 0;
    }
    how.quick = given.count("quick") != 0;
    if (given.count("seed") == 0) how.seed = any_seed();
    if (mode == "gateway" && how.steps == 0) how.steps = how.quick ? 250 : 2000;
    if (mode == "storm" && how.steps == 0) how.steps = how.quick ? 500 : 10'000;
    if (how.quick && given["kills"].defaulted()) how.kills = 100;
    fmt::print("seed {}; again: chaos {} --seed {} {}{}\n", how.seed, mode, how.seed,
               mode == "kills" ? fmt::format("--kills {}", how.kills) : fmt::format("--steps {}", how.steps),
               how.quick ? " --quick" : "");
    std::fflush(stdout);
    if (mode == "gateway") return chaos::run_gateway(how) ? 0 : 1;
    if (mode == "storm") return chaos::run_storm(how) ? 0 : 1;
    if (mode == "kills") return chaos::run_kills(how) ? 0 : 1;
    throw po::error("there is no mode " + mode + "; it is gateway, storm or kills");
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    try {
        return run(argc, argv);
    } catch (po::error const& error) {
        fmt::print(stderr, "chaos: {}; see chaos --help\n", error.what());
        return 2;
    } catch (std::exception const& error) {
        fmt::print(stderr, "chaos: {}\n", error.what());
        return 1;
    }
}
