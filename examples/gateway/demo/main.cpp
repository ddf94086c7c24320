// gateway_demo: replaces the components of a running gateway under load, and proves that no caller noticed.
#include "demo/campaign.hpp"
#include "demo/gateway_process.hpp"
#include "demo/load.hpp"
#include "demo/memory_watch.hpp"
#include "demo/options.hpp"
#include "demo/page.hpp"
#include "demo/report.hpp"
#include "demo/restart.hpp"
#include "demo/whole_file.hpp"

#include <boost/program_options/errors.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace demo {
namespace {

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

std::vector<std::string> command_line(options const& wanted, std::filesystem::path const& control,
                                      load_options const& shape, std::string const& release,
                                      std::uint64_t fill) {
    return {"--listen",
            fmt::format("127.0.0.1:{}", shape.port),
            "--modules",
            wanted.modules,
            "--control",
            control,
            "--start-with",
            release,
            "--limit",
            fmt::format("{0}/{0}", shape.limit),
            "--fill",
            std::to_string(fill),
            "--trust-client-header"};
}

/// Waits until the gateway listens, and shows its progress meanwhile.
unsigned short wait_until_filled(gateway::gateway_process& server) {
    std::size_t shown = 0;
    for (;;) {
        auto const said = server.output();
        for (auto end = said.find('\n', shown); end != said.npos; end = said.find('\n', shown)) {
            if (said.compare(shown, 4, "fill") == 0) fmt::print("{}\n", said.substr(shown, end - shown));
            std::fflush(stdout);
            shown = end + 1;
        }
        if (said.find(", control at ") != said.npos || server.ended()) return server.wait_until_it_listens();
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
}

int run(options const& wanted) {
    gateway::scratch_directory const scratch;
    auto const control = scratch.path() / "control.sock";
    load_options shape{.callers = wanted.threads};
    gateway::gateway_process server(wanted.gateway,
                                    command_line(wanted, control, shape, "1.0.0", wanted.fill));
    shape.port = wait_until_filled(server);
    load under(shape);
    under.start();
    fmt::print(
        "hotswap-gateway, process {}, serves at 127.0.0.1:{} with rate_limiter, session and cache 1.0.0, "
        "and\n"
        "{} clients, sessions and items, each. {} callers send about {} requests per second over "
        "connections\n"
        "that stay open, with {} sessions from before the first swap, and check every answer; one of them "
        "is\n"
        "greedy and meets its limit.\n\n",
        server.pid(), shape.port, wanted.fill, shape.callers + 1,
        shape.callers * shape.rate + 2 * shape.limit, under.sessions());

    memory_watch const memory(server.pid());
    auto const begin = clock::now();
    campaign steps({.control = control,
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
    auto const around = std::min<clock::duration>(total / 12, std::chrono::seconds{3});
    auto const restart = restart_under_load(server, wanted.gateway,
                                            command_line(wanted, control, shape, "newest", 0), shape, around);
    after.exit_status = server.wait();
    if (after.exit_status != 0)
        under.found().add("not so: the gateway ends cleanly; it said:\n" + server.output());
    if (!restart.program.empty())
        under.found().add("not so: the second gateway ends cleanly; it said:\n" + restart.program);
    fmt::print("{}", report(steps, under, after, restart));
    if (!wanted.report.empty()) {
        write_whole(wanted.report,
                    page({steps, under, after, restart, memory.samples(), begin, wanted.fill}));
        fmt::print("The page with the charts: {}\n", wanted.report.native());
    }
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
