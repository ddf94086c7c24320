// hotswap-gateway: an HTTP server whose three components are replaced while it serves.
#include "app/application.hpp"
#include "app/faults.hpp"
#include "app/fill.hpp"
#include "app/options.hpp"
#include "http/server.hpp"

#include <hotswap/control.hpp>
#include <hotswap/runtime.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/strand.hpp>

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <thread>
#include <vector>

#include <malloc.h>

namespace gateway {
namespace {

namespace asio = boost::asio;
namespace contracts = hotswap::contracts;
using asio::ip::tcp;

constexpr std::chrono::seconds drain_deadline{10};

struct tcp_listener {
    http_acceptor acceptor;
    std::string url;
};

tcp_listener listen_on(asio::io_context& io, options const& wanted) {
    auto const shown = [](std::string const& host, auto const& port) {
        return host.find(':') == host.npos ? fmt::format("{}:{}", host, port)
                                           : fmt::format("[{}]:{}", host, port);
    };
    try {
        auto const found = tcp::resolver(io).resolve(wanted.host, wanted.port, tcp::resolver::passive);
        // Reuses an address whose old connections are in TIME_WAIT; a port in use stays refused.
        tcp::acceptor acceptor(asio::make_strand(io), found.begin()->endpoint(), true);
        auto const at = acceptor.local_endpoint();
        return {std::move(acceptor), "http://" + shown(at.address().to_string(), at.port())};
    } catch (boost::system::system_error const& error) {
        throw std::runtime_error(fmt::format("cannot listen at {}: {}; choose another --listen",
                                             shown(wanted.host, wanted.port), error.code().message()));
    }
}

template <class Contract>
hotswap::handle<Contract> load(hotswap::runtime& components, char const* name, options const& wanted) {
    if (auto back = components.find<Contract>(name)) return *back;
    if (wanted.start_with == "newest") return components.load<Contract>(name).value();
    auto const file = wanted.modules / fmt::format("{}-{}.so", name, wanted.start_with);
    return components.load<Contract>(name, {.module = file}).value();
}

/// Runs the event loop on all threads until everything is drained.
void run_until_drained(asio::io_context& io, asio::signal_set& signals, http_server& server,
                       unsigned threads) {
    signals.async_wait([&](boost::system::error_code error, int) {
        if (error) return;
        fmt::print("draining\n");
        std::fflush(stdout);
        signals.clear();  // a second signal ends the process at once
        server.drain(drain_deadline);
    });
    std::vector<std::jthread> others;
    for (unsigned i = 1; i < threads; ++i) others.emplace_back([&io] { io.run(); });
    io.run();
}

void serve(options const& wanted) {
    asio::io_context io(static_cast<int>(wanted.threads));
    asio::signal_set signals(io, SIGINT, SIGTERM);
    auto [acceptor, url] = listen_on(io, wanted);

    faults injected;
    hotswap::runtime components{
        {.modules = wanted.modules,
         .log_level = wanted.verbose ? hotswap::level::debug : hotswap::level::warning,
         .clock = injected.clock(),
         .rehearse = wanted.rehearse,
         .store = wanted.store,
         .checkpoint_period = wanted.checkpoint_period}};
    if (!wanted.store.empty()) components.recover().value();
    auto const limiter = load<contracts::rate_limiter>(components, "rate_limiter", wanted);
    auto const sessions = load<contracts::session>(components, "session", wanted);
    auto const cache = load<contracts::cache>(components, "cache", wanted);
    auto settings = limiter->current_settings();
    settings.client = wanted.limit;
    limiter->configure(settings);
    if (wanted.fill != 0) fill(wanted.fill, limiter, sessions, cache);

    origin behind(io, wanted.origin_delay);
    read_through items(cache, behind);
    application app({.limiter = limiter,
                     .sessions = sessions,
                     .items = items,
                     .trust_client_header = wanted.trust_client_header});
    hotswap::control const control{components, {.socket = wanted.control}};

    http_server server(io, wanted.http);
    server.listen(std::move(acceptor), [&app](request what, respond const& done) { app.serve(what, done); });
    injected.serve(components, io, server, wanted.control.native() + ".faults");
    fmt::print("listening on {}, control at {}\n", url, wanted.control.native());
    std::fflush(stdout);

    run_until_drained(io, signals, server, wanted.threads);
    fmt::print("drained, {} requests served\n", app.requests());
}

}  // namespace
}  // namespace gateway

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    // Each swap may run on another thread, and an arena of its own would keep a copy of the rows (docs/operating.md).
    ::mallopt(M_ARENA_MAX, 2);
    try {
        auto const wanted = gateway::read_options(argc, argv);
        if (wanted) gateway::serve(*wanted);
        return 0;
    } catch (std::invalid_argument const& error) {
        fmt::print(stderr, "hotswap-gateway: {}; see hotswap-gateway --help\n", error.what());
        return 2;
    } catch (std::exception const& error) {
        fmt::print(stderr, "hotswap-gateway: {}\n", error.what());
        return 1;
    }
}
