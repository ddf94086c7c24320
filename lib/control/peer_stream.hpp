// A connection of the control interface: a Unix socket, or TCP with TLS.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <cstddef>
#include <memory>
#include <utility>
#include <variant>

namespace hotswap::detail {

/// An asynchronous stream of Asio.
/// Threads:  that of the event loop
class peer_stream {
public:
    using local = boost::asio::local::stream_protocol::socket;
    using secure = boost::asio::ssl::stream<boost::asio::ip::tcp::socket>;
    using executor_type = boost::asio::any_io_executor;
    using error_code = boost::system::error_code;

    explicit peer_stream(local socket) : at_(std::move(socket)) {}
    /// TLS: its handshake comes before anything else.
    explicit peer_stream(std::unique_ptr<secure> stream) : at_(std::move(stream)) {}

    /// Null for a Unix socket.
    secure* tls() noexcept {
        auto* const found = std::get_if<std::unique_ptr<secure>>(&at_);
        return found == nullptr ? nullptr : found->get();
    }
    local* unix_socket() noexcept { return std::get_if<local>(&at_); }
    executor_type get_executor() {
        if (auto* const stream = tls()) return stream->get_executor();
        return unix_socket()->get_executor();
    }

    template <class Buffers, class Token>
    auto async_read_some(Buffers const& into, Token&& token) {
        return boost::asio::async_initiate<Token, void(error_code, std::size_t)>(
            [this](auto handler, Buffers const& buffers) {
                if (auto* const stream = tls())
                    stream->async_read_some(buffers, std::move(handler));
                else
                    unix_socket()->async_read_some(buffers, std::move(handler));
            },
            token, into);
    }
    template <class Buffers, class Token>
    auto async_write_some(Buffers const& from, Token&& token) {
        return boost::asio::async_initiate<Token, void(error_code, std::size_t)>(
            [this](auto handler, Buffers const& buffers) {
                if (auto* const stream = tls())
                    stream->async_write_some(buffers, std::move(handler));
                else
                    unix_socket()->async_write_some(buffers, std::move(handler));
            },
            token, from);
    }

    /// What was begun ends with operation_aborted.
    void cancel() noexcept {
        error_code ignored;
        if (auto* const stream = tls())
            stream->next_layer().cancel(ignored);
        else
            unix_socket()->cancel(ignored);
    }
    /// The other side sees the end of what was sent.
    void shutdown_send() noexcept {
        constexpr auto sending = boost::asio::socket_base::shutdown_send;
        error_code ignored;
        if (auto* const stream = tls())
            stream->next_layer().shutdown(sending, ignored);
        else
            unix_socket()->shutdown(sending, ignored);
    }

private:
    std::variant<local, std::unique_ptr<secure>> at_;
};

}  // namespace hotswap::detail
