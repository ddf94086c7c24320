#include "http_client.hpp"
#include "http_server.hpp"

#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <thread>

namespace asio = boost::asio;
using asio::ip::tcp;

TEST_CASE(
    "gateway: a connection whose answer is on its way when the drain begins is closed once it is sent") {
    asio::io_context io{1};
    tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    auto const port = acceptor.local_endpoint().port();
    gateway::http_server server(io, {});
    server.listen(std::move(acceptor), [&](gateway::request, gateway::respond const& done) {
        done({.status = 200});
        // Longer than the client has patience: it is the drain that has to close, not its deadline.
        server.drain(std::chrono::seconds{20});
    });
    std::jthread const serving([&] { io.run(); });

    auto client = gateway::http_client::to_port(port);
    CHECK(client.send("GET", "/").status == 200);
    CHECK(client.is_closed());
}
