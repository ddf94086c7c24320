#include "http/client.hpp"
#include "http/connection.hpp"
#include "http/server.hpp"

#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <array>
#include <memory>
#include <thread>

#include <sys/socket.h>
#include <unistd.h>

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
        // Longer than the client's timeout: the drain itself must close the connection, not its deadline.
        server.drain(std::chrono::seconds{20});
    });
    std::jthread const serving([&] { io.run(); });

    auto client = gateway::http_client::to_port(port);
    CHECK(client.send("GET", "/").status == 200);
    CHECK(client.is_closed());
}

TEST_CASE("gateway: bytes that were read before they are told of are no request that a drain waits for") {
    std::array<int, 2> ends{};
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    int const client = ends[0];
    int const other_reader = dup(ends[1]);
    asio::io_context io;
    auto const strand = asio::make_strand(io);
    gateway::http_connection::socket socket(strand, asio::local::stream_protocol(), ends[1]);
    gateway::http_limits const limits;
    gateway::handler const serve = [](gateway::request, gateway::respond const& done) { done({}); };
    auto connection = std::make_shared<gateway::http_connection>(std::move(socket), "client", limits, serve,
                                                                 [](gateway::http_connection*) {});
    connection->start();
    io.poll();

    // While the strand is busy another thread reads a byte, which is gone when the connection is notified of
    // it.
    asio::post(strand, [&] {
        char byte = 'G';
        CHECK(send(client, &byte, 1, MSG_NOSIGNAL) == 1);
        std::thread([&io] { io.poll(); }).join();
        CHECK(recv(other_reader, &byte, 1, MSG_DONTWAIT) == 1);
    });
    io.poll();
    connection->drain();
    connection.reset();
    io.poll();

    close(other_reader);
    char byte = 0;
    CHECK(recv(client, &byte, 1, MSG_DONTWAIT) == 0);
    close(client);
}
