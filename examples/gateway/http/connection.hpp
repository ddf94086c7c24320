// One client's connection: reads requests one after the other, within limits, and writes their answers.
#pragma once

#include "http/message.hpp"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace gateway {

/// The limits of a connection.
struct http_limits {
    std::uint32_t header_bytes = 8 * 1024;  ///< more is answered 431
    std::uint64_t body_bytes = 16 * 1024;   ///< more is answered 413
    std::chrono::nanoseconds request_timeout =
        std::chrono::seconds{10};  ///< to send a request, or take an answer
    std::chrono::nanoseconds idle_timeout = std::chrono::seconds{60};  ///< between requests
};

/// One connection, TCP or Unix; its socket's executor is a strand.
/// Lifetime: keeps itself alive while it waits for anything.
class http_connection : public std::enable_shared_from_this<http_connection> {
public:
    using socket = boost::asio::generic::stream_protocol::socket;

    /// Calls `ended` when the connection is gone, on any thread.
    http_connection(socket peer, std::string peer_name, http_limits const& limits, handler const& serve,
                    std::function<void(http_connection*)> ended);
    ~http_connection();

    /// Begins to serve.
    /// Threads:  [any]
    void start();
    /// Finishes the request that is being read or served, if any, and closes.
    /// Threads:  [any]
    void drain();
    /// Closes at once.
    /// Threads:  [any]
    void abort();

private:
    using request_parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
    using response = boost::beast::http::response<boost::beast::http::string_body>;
    using error_code = boost::system::error_code;

    void await_request();
    void await_bytes();
    void read_header();
    void on_header(error_code error);
    void read_body();
    void on_request(error_code error);
    void serve();
    void refuse(error_code error);
    void write(answer what);
    void on_written(error_code error);
    void linger(std::size_t discarded);
    void close_if_drained();
    void close();

    void arm(std::chrono::nanoseconds timeout);
    void disarm();

    socket socket_;
    std::string peer_name_;
    http_limits const& limits_;
    handler const& serve_;
    std::function<void(http_connection*)> ended_;

    boost::asio::steady_timer deadline_;
    boost::beast::flat_buffer buffer_;
    std::optional<request_parser> parser_;
    std::optional<response> response_;
    std::array<char, 4096> discarded_{};
    bool idle_ = false;      // between requests, with nothing of the next one read
    bool draining_ = false;  // no further request
    bool refused_ = false;   // the client may still be sending data that the server will not read
    bool timed_out_ = false;
    bool keep_alive_ = false;  // requested by the current request
    bool is_head_ = false;
    unsigned version_ = 11;
};

}  // namespace gateway
