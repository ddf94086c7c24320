#include "http/client.hpp"

#include <boost/algorithm/string/predicate.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/json/parse.hpp>

#include <fmt/format.h>

#include <array>

namespace gateway {

namespace asio = boost::asio;
namespace http = boost::beast::http;

std::string_view reply::header(std::string_view name) const {
    for (auto const& [key, value] : headers)
        if (boost::algorithm::iequals(key, name)) return value;
    return {};
}

boost::json::value reply::json() const {
    boost::json::error_code error;
    auto value = boost::json::parse(body, error);
    return error ? boost::json::value() : value;
}

struct http_client::connection {
    explicit connection(std::chrono::seconds longest) : patience(longest) {}

    std::chrono::seconds const patience;
    asio::io_context io{1};
    boost::beast::basic_stream<asio::generic::stream_protocol> stream{io};
    boost::beast::flat_buffer buffer;

    /// Runs one operation to its end; its error is an exception.
    template <class Start>
    std::size_t complete(char const* what, Start start) {
        boost::system::error_code outcome;
        std::size_t count = 0;
        stream.expires_after(patience);
        start([&](boost::system::error_code error, std::size_t size) {
            outcome = error;
            count = size;
        });
        io.restart();
        io.run();
        if (outcome) throw connection_lost(fmt::format("{}: {}", what, outcome.message()));
        return count;
    }

    void connect(asio::generic::stream_protocol::endpoint const& to) {
        complete("connect", [&](auto done) {
            stream.async_connect(to, [done](boost::system::error_code error) { done(error, 0); });
        });
    }
};

http_client::http_client(std::unique_ptr<connection> connection) : self_(std::move(connection)) {}
http_client::http_client(http_client&&) noexcept = default;
http_client& http_client::operator=(http_client&&) noexcept = default;
http_client::~http_client() = default;

http_client http_client::to_port(unsigned short port) {
    auto made = std::make_unique<connection>(std::chrono::seconds{10});
    made->connect(asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), port));
    boost::system::error_code ignored;
    made->stream.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
    return http_client(std::move(made));
}

http_client http_client::to_socket(std::filesystem::path const& path, std::chrono::seconds patience) {
    auto made = std::make_unique<connection>(patience);
    made->connect(asio::local::stream_protocol::endpoint(path.native()));
    return http_client(std::move(made));
}

reply http_client::send(std::string_view method, std::string_view target, std::string_view body,
                        headers const& more) {
    std::string bytes = fmt::format("{} {} HTTP/1.1\r\nHost: gateway\r\n", method, target);
    for (auto const& [name, value] : more) bytes += fmt::format("{}: {}\r\n", name, value);
    if (!body.empty()) bytes += fmt::format("Content-Length: {}\r\n", body.size());
    bytes += "\r\n";
    bytes += body;
    write(bytes);
    return read(method == "HEAD");
}

void http_client::write(std::string_view bytes) {
    self_->complete("write", [&](auto done) { asio::async_write(self_->stream, asio::buffer(bytes), done); });
}

reply http_client::read(bool to_head) {
    http::response_parser<http::string_body> parser;
    parser.skip(to_head);
    self_->complete("read", [&](auto done) { http::async_read(self_->stream, self_->buffer, parser, done); });
    auto message = parser.release();
    reply got{.status = message.result_int(),
              .body = std::move(message.body()),
              .keep_alive = message.keep_alive()};
    for (auto const& field : message) got.headers.emplace_back(field.name_string(), field.value());
    return got;
}

bool http_client::is_closed() {
    if (self_->buffer.size() != 0) return false;
    std::array<char, 1> byte{};
    try {
        self_->complete("wait for the end",
                        [&](auto done) { self_->stream.async_read_some(asio::buffer(byte), done); });
        return false;
    } catch (connection_lost const& error) {
        if (std::string_view(error.what()).ends_with(make_error_code(asio::error::eof).message()))
            return true;
        throw;
    }
}

}  // namespace gateway
