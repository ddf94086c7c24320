#include "demo/options.hpp"

#include "demo/whole_file.hpp"

#include <boost/program_options.hpp>

#include <fmt/format.h>

#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>

namespace demo {

namespace fs = std::filesystem;
namespace po = boost::program_options;

namespace {

fs::path own_directory() { return fs::read_symlink("/proc/self/exe").parent_path(); }

po::options_description description() {
    po::options_description known("options", 100);
    auto const here = own_directory();
    auto add = known.add_options();
    add("gateway", po::value<std::string>()->default_value(here / "hotswap-gateway"), "the gateway's binary");
    add("modules", po::value<std::string>(), "the directory of the shipped components' modules");
    add("faulty", po::value<std::string>()->default_value(here / "faulty"),
        "the directory of cache-9.9.9.so");
    add("report", po::value<std::string>(), "the page to write, one HTML file");
    add("fill", po::value<std::uint64_t>()->default_value(1'000'000),
        "sessions, clients and items, each, before the load; 0 to 10 000 000");
    add("seconds", po::value<double>()->default_value(45), "how long the load is on, at least; 3 to 80");
    add("threads", po::value<unsigned>()->default_value(8),
        "callers, each with a connection of its own; 1 to 64");
    add("quick", "as --seconds 5 --fill 10000");
    add("help", "this text");
    return known;
}

/// The file: better refused now than after a minute's work.
fs::path writable(fs::path file) {
    try {
        check_writable(file);
    } catch (std::runtime_error const& error) {
        throw po::error(fmt::format("{}; give another --report", error.what()));
    }
    return file;
}

options checked(po::variables_map const& given) {
    if (given.count("modules") == 0) throw po::error("--modules is missing; see gateway_demo --help");
    bool const quick = given.count("quick") != 0;
    options wanted{.gateway = given["gateway"].as<std::string>(),
                   .modules = fs::absolute(given["modules"].as<std::string>()),
                   .faulty = fs::absolute(given["faulty"].as<std::string>()),
                   .seconds = quick ? 5 : given["seconds"].as<double>(),
                   .threads = given["threads"].as<unsigned>(),
                   .fill = quick ? 10'000 : given["fill"].as<std::uint64_t>()};
    if (given.count("report") != 0) wanted.report = writable(given["report"].as<std::string>());
    if (!(wanted.seconds >= 3 && wanted.seconds <= 80)) throw po::error("--seconds is between 3 and 80");
    if (wanted.threads == 0 || wanted.threads > 64) throw po::error("--threads is between 1 and 64");
    if (wanted.fill > 10'000'000) throw po::error("--fill is between 0 and 10 000 000");
    for (auto const& [file, option] : {std::pair{wanted.gateway, "--gateway"},
                                       {wanted.modules / "cache-0.1.0.so", "--modules"},
                                       {wanted.faulty / "cache-9.9.9.so", "--faulty"}})
        if (!fs::exists(file)) throw po::error(fmt::format("there is no {}; give {}", file.native(), option));
    return wanted;
}

}  // namespace

std::optional<options> read_options(int argc, char const* const* argv) {
    auto const known = description();
    po::variables_map given;
    po::store(po::command_line_parser(argc, argv).options(known).positional({}).run(), given);
    if (given.count("help") == 0) return checked(given);
    std::cout
        << "usage: gateway_demo --gateway PATH --modules DIR [--report FILE] [--fill N] [--seconds N] "
           "[--threads N] [--quick]\n\n"
           "Starts the gateway with many sessions, clients and items, replaces its components under load\n"
           "through all their releases, up and down, checks every answer, restarts the gateway to compare,\n"
           "and reports. Exit status not 0 if anything was lost in a swap.\n\n"
        << known;
    return std::nullopt;
}

}  // namespace demo
