// Accepts connections on any number of sockets, and finishes them when it drains.
#pragma once

#include "http/connection.hpp"
#include "http/message.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <list>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace gateway {

/// A socket that listens, TCP or Unix.
using http_acceptor = boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol>;

/// Serves HTTP on the threads that run the io_context; `io.run()` returns once everything is drained.
class http_server {
public:
    http_server(boost::asio::io_context& io, http_limits limits);
    ~http_server();

    /// Serves the connections of `acceptor`; call it before the io_context runs.
    void listen(http_acceptor acceptor, handler serve);

    /// Accepts no more connections, lets every begun request finish, closes idle connections; after
    /// `deadline` closes all.
    /// Threads:  [any] once.
    void drain(std::chrono::nanoseconds deadline);

private:
    struct listener {
        http_acceptor acceptor;
        handler serve;
        boost::asio::generic::stream_protocol::endpoint peer;
        boost::asio::steady_timer pause;  // after a failure to accept
    };

    void accept(listener& at);
    void admit(http_connection::socket socket, listener& at);
    void ended(http_connection* connection);
    std::vector<std::shared_ptr<http_connection>> connections();

    boost::asio::io_context& io_;
    http_limits const limits_;
    std::list<listener> listeners_;

    std::mutex mutex_;
    std::unordered_map<http_connection*, std::weak_ptr<http_connection>> connections_;  // guarded by mutex_
    boost::asio::steady_timer deadline_;                                                // guarded by mutex_
    bool draining_ = false;                                                             // guarded by mutex_
};

}  // namespace gateway
