#include "http/server.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/strand.hpp>

#include <cstring>
#include <utility>

namespace gateway {

namespace asio = boost::asio;

namespace {

/// The address without the port: a client with a second connection is still the same client.
std::string name_of(asio::generic::stream_protocol::endpoint const& peer) {
    int const family = peer.protocol().family();
    if (family != AF_INET && family != AF_INET6) return "local";
    asio::ip::tcp::endpoint address;
    std::memcpy(address.data(), peer.data(), peer.size());
    return address.address().to_string();
}

}  // namespace

http_server::http_server(asio::io_context& io, http_limits limits)
    : io_(io), limits_(limits), deadline_(io) {}

http_server::~http_server() = default;

void http_server::listen(http_acceptor acceptor, handler serve) {
    auto const executor = acceptor.get_executor();
    accept(listeners_.emplace_back(std::move(acceptor), std::move(serve),
                                   asio::generic::stream_protocol::endpoint{}, asio::steady_timer(executor)));
}

void http_server::accept(listener& at) {
    at.acceptor.async_accept(asio::any_io_executor(asio::make_strand(io_)), at.peer,
                             [this, &at](boost::system::error_code error, http_connection::socket socket) {
                                 if (!at.acceptor.is_open()) return;
                                 if (!error) {
                                     admit(std::move(socket), at);
                                     return accept(at);
                                 }
                                 // Usually no file descriptor is left: tries again when some may be free.
                                 at.pause.expires_after(std::chrono::milliseconds{50});
                                 at.pause.async_wait([this, &at](boost::system::error_code) {
                                     if (at.acceptor.is_open()) accept(at);
                                 });
                             });
}

void http_server::admit(http_connection::socket socket, listener& at) {
    auto const family = at.peer.protocol().family();
    boost::system::error_code ignored;
    if (family == AF_INET || family == AF_INET6) socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    auto const connection =
        std::make_shared<http_connection>(std::move(socket), name_of(at.peer), limits_, at.serve,
                                          [this](http_connection* gone) { ended(gone); });
    {
        std::lock_guard const lock(mutex_);
        if (draining_) return;
        connections_.emplace(connection.get(), connection);
    }
    connection->start();
}

void http_server::ended(http_connection* connection) {
    std::lock_guard const lock(mutex_);
    connections_.erase(connection);
    if (draining_ && connections_.empty()) deadline_.cancel();
}

std::vector<std::shared_ptr<http_connection>> http_server::connections() {
    std::vector<std::shared_ptr<http_connection>> alive;
    std::lock_guard const lock(mutex_);
    alive.reserve(connections_.size());
    for (auto const& [_, weak] : connections_)
        if (auto connection = weak.lock()) alive.push_back(std::move(connection));
    return alive;
}

void http_server::drain(std::chrono::nanoseconds deadline) {
    {
        std::lock_guard const lock(mutex_);
        draining_ = true;
        if (!connections_.empty()) {
            deadline_.expires_after(deadline);
            deadline_.async_wait([this](boost::system::error_code error) {
                if (error) return;
                for (auto const& connection : connections()) connection->abort();
            });
        }
    }
    for (auto& each : listeners_)
        asio::dispatch(each.acceptor.get_executor(), [&each] {
            boost::system::error_code ignored;
            each.acceptor.close(ignored);
            each.pause.cancel();
        });
    for (auto const& connection : connections()) connection->drain();
}

}  // namespace gateway
