// gateway_demo: replaces the components of a running gateway under load, and proves that no caller noticed.
#include "demo/campaign.hpp"
#include "demo/gateway_process.hpp"
#include "demo/load.hpp"
#include "demo/report.hpp"

#include <boost/program_options.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <iostream>
#include <optional>
#include <thread>

namespace demo {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;

struct options {
    fs::path gateway{};
    fs::path modules{};
    fs::path faulty{};
    double seconds = 30;
    unsigned threads = 8;
};

fs::path own_directory() { return fs::read_symlink("/proc/self/exe").parent_path(); }

std::optional<options> read_options(int argc, char const* const* argv) {
    po::options_description known("options", 100);
    auto const here = own_directory();
    auto add = known.add_options();
    add("gateway", po::value<std::string>()->default_value(here / "hotswap-gateway"), "the gateway's binary");
    add("modules", po::value<std::string>(), "the directory of the shipped components' modules");
    add("faulty", po::value<std::string>()->default_value(here / "faulty"),
        "the directory of cache-9.9.9.so");
    add("seconds", po::value<double>()->default_value(30), "how long the load is on; 3 to 80");
    add("threads", po::value<unsigned>()->default_value(8),
        "callers, each with a connection of its own; 1 to 64");
    add("quick", "as --seconds 5");
    add("help", "this text");
    po::variables_map given;
    po::store(po::command_line_parser(argc, argv).options(known).positional({}).run(), given);
    if (given.count("help") != 0) {
        std::cout
            << "usage: gateway_demo --gateway PATH --modules DIR [--seconds N] [--threads N] [--quick]\n\n"
               "Starts the gateway with its oldest components, replaces them under load, up, down and up "
               "again,\n"
               "checks every answer, and reports. Exit status not 0 if anything was lost.\n\n"
            << known;
        return std::nullopt;
    }
    if (given.count("modules") == 0) throw po::error("--modules is missing; see gateway_demo --help");
    options wanted{.gateway = given["gateway"].as<std::string>(),
                   .modules = fs::absolute(given["modules"].as<std::string>()),
                   .faulty = fs::absolute(given["faulty"].as<std::string>()),
                   .seconds = given.count("quick") != 0 ? 5 : given["seconds"].as<double>(),
                   .threads = given["threads"].as<unsigned>()};
    if (!(wanted.seconds >= 3 && wanted.seconds <= 80)) throw po::error("--seconds is between 3 and 80");
    if (wanted.threads == 0 || wanted.threads > 64) throw po::error("--threads is between 1 and 64");
    for (auto const& [file, option] : {std::pair{wanted.gateway, "--gateway"},
                                       {wanted.modules / "cache-0.1.0.so", "--modules"},
                                       {wanted.faulty / "cache-9.9.9.so", "--faulty"}})
        if (!fs::exists(file)) throw po::error(fmt::format("there is no {}; give {}", file.native(), option));
    return wanted;
}

/// Spreads the steps evenly over the time of the load.
void run_campaign(campaign& steps, load& under, gateway::gateway_process& server, clock::duration total) {
    progress line(total);
    auto const begin = clock::now();
    auto const count = static_cast<int>(steps.steps());
    for (int i = 0; i <= count; ++i) {
        auto const due = begin + total * (i + 1) / (count + 1);
        auto const doing = i == count ? std::string("the last requests")
                                      : fmt::format("next {} of {}: {}", i + 1, count, steps.describe(i));
        while (clock::now() < due) {
            line.show(under, doing);
            if (auto const status = server.ended())
                throw std::runtime_error(
                    fmt::format("the gateway ended with status {}:\n{}", *status, server.output()));
            std::this_thread::sleep_for(std::chrono::milliseconds{20});
        }
        if (i != count) steps.take(i);
    }
}

int run(options const& wanted) {
    gateway::scratch_directory const scratch;
    auto const admin = scratch.path() / "admin.sock";
    load_options shape{.callers = wanted.threads};
    gateway::gateway_process server(
        wanted.gateway,
        {"--listen", "127.0.0.1:0", "--modules", wanted.modules, "--admin", admin, "--start-with", "0.1.0",
         "--limit", fmt::format("{0}/{0}", shape.limit), "--trust-client-header"});
    shape.port = server.wait_until_it_listens();
    load under(shape);
    under.start();
    fmt::print(
        "hotswap-gateway, process {}, serves at 127.0.0.1:{} with rate_limiter, session and cache 0.1.0.\n"
        "{} callers send about {} requests per second over connections that stay open, with {} sessions "
        "from\n"
        "before the first swap, and check every answer; one of them is greedy and meets its limit.\n\n",
        server.pid(), shape.port, shape.callers + 1, shape.callers * shape.rate + 2 * shape.limit,
        under.sessions());

    auto const begin = clock::now();
    campaign steps({.admin = admin,
                    .faulty = wanted.faulty,
                    .scratch = scratch.path(),
                    .modules = wanted.modules,
                    .gateway = server.pid()},
                   under);
    auto const total =
        std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(wanted.seconds));
    run_campaign(steps, under, server, total);
    under.stop();

    aftermath after{.mapped = gateway::mapped_modules(server.pid()), .loaded = clock::now() - begin};
    server.signal(SIGTERM);
    after.exit_status = server.wait();
    if (after.exit_status != 0)
        under.found().add("not so: the gateway ends cleanly; it said:\n" + server.output());
    fmt::print("{}", report(steps, under, after));
    return under.found().count() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace demo

int main(int argc, char** argv) {
    try {
        auto const wanted = demo::read_options(argc, argv);
        return wanted ? demo::run(*wanted) : 0;
    } catch (boost::program_options::error const& error) {
        fmt::print(stderr, "gateway_demo: {}\n", error.what());
        return 2;
    } catch (std::exception const& error) {
        fmt::print(stderr, "gateway_demo: {}\n", error.what());
        return 1;
    }
}
