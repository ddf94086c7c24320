#include "control/client.hpp"

#include "base/refuse.hpp"
#include "control/connector.hpp"
#include "control/deadline.hpp"
#include "report/json_reader.hpp"

#include <hotswap/describe.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/json/parse.hpp>

#include <array>
#include <optional>
#include <string>
#include <utility>

namespace hotswap::detail {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using local = asio::local::stream_protocol;

namespace {

constexpr std::uint64_t largest_answer = std::uint64_t{1} << 32U;

// The value of a field of one server-sent event.
std::string_view field_of(std::string_view whole, std::string_view name) {
    auto const begin = whole.find(name);
    if (begin == whole.npos) return {};
    auto const from = begin + name.size();
    return whole.substr(from, whole.find('\n', from) - from);
}

}  // namespace

failure refusal_in(control_reply const& reply) {
    boost::system::error_code error;
    auto const value = boost::json::parse(reply.body, error);
    auto const* const object = error ? nullptr : value.if_object();
    auto const* const why = object == nullptr ? nullptr : object->if_contains("error");
    failure refused;
    if (why != nullptr && json_reader(false).read(*why, refused)) return refused;
    return refuse(errc::control_failed, phase::none,
                  "the host's answer is not understood (status {}); is it of this release?", reply.status);
}

struct control_client::connection {
    std::string name;    // for messages
    std::string header;  // of each request
    asio::io_context io{1};
    std::optional<connector> through{};  // empty for a Unix socket
    std::optional<local::socket> stream{};
    std::optional<deadline<local::socket>> limit{};
    boost::beast::flat_buffer buffer{};

    void use(local::socket made) {
        limit.reset();
        stream.emplace(std::move(made));
        limit.emplace(*stream);
    }

    /// Runs one operation to its end.
    template <class Start>
    boost::system::error_code complete(std::chrono::nanoseconds patience, Start start,
                                       std::size_t* count = nullptr) {
        boost::system::error_code outcome;
        bool is_over = false;
        limit->set(patience);
        start([&](boost::system::error_code error, std::size_t size = 0) {
            outcome = error;
            is_over = true;
            if (count != nullptr) *count = size;
        });
        io.restart();
        while (!is_over && io.run_one() != 0) continue;
        if (limit->is_over() && outcome == asio::error::operation_aborted)
            outcome = boost::beast::error::timeout;
        return outcome;
    }

    /// Reads the events of a stream whose header was read.
    result<void> follow_events(std::chrono::nanoseconds sign_of_life, on_event const& f);

    failure unreachable(std::string_view what, boost::system::error_code const& error) const {
        if (error == boost::beast::error::timeout)
            return refuse(errc::host_unreachable, phase::none,
                          "{} {}: the host did not answer in time; it may hang or be stopped", what, name);
        return refuse(errc::host_unreachable, phase::none, "{} {}: {}; is the host running, and {}?", what,
                      name, error.message(), through ? "does it listen there" : "is this its socket");
    }
};

control_client::control_client(std::unique_ptr<connection> self) noexcept : self_(std::move(self)) {}
control_client::control_client(control_client&&) noexcept = default;
control_client& control_client::operator=(control_client&&) noexcept = default;
control_client::~control_client() = default;

result<control_client> control_client::connect(std::filesystem::path const& socket,
                                               std::chrono::nanoseconds patience) {
    auto made = std::make_unique<connection>();
    made->name = socket.native();
    local::endpoint const where =
        socket.native().size() < 108 ? local::endpoint(socket.native()) : local::endpoint();
    if (where.path().empty())
        return refuse(errc::host_unreachable, phase::none,
                      "\"{}\" is no path of a Unix socket, which has 1 to 107 bytes", socket.native());
    made->use(local::socket(made->io));
    auto const error =
        made->complete(patience, [&](auto done) { made->stream->async_connect(where, std::move(done)); });
    if (error) return made->unreachable("cannot connect to", error);
    return control_client(std::move(made));
}

result<control_client> control_client::connect(control_remote const& to, std::chrono::nanoseconds patience) {
    auto started = connector::start(to.host, to.port, to.tls);
    if (!started) return started.error();
    auto made = std::make_unique<connection>();
    made->name = to.host + ":" + to.port;
    made->through = std::move(*started);
    if (!to.token.empty()) made->header = "Authorization: Bearer " + to.token + "\r\n";
    made->use(local::socket(made->io, local(), made->through->take_socket()));
    std::string line;
    auto const error = made->complete(patience, [&](auto done) {
        asio::async_read_until(*made->stream, asio::dynamic_buffer(line), '\n', std::move(done));
    });
    if (error) return made->unreachable("cannot connect to", error);
    if (auto connected = read_connector_line(line.substr(0, line.find('\n'))); !connected)
        return connected.error();
    return control_client(std::move(made));
}

result<control_reply> control_client::send(std::string_view method, std::string_view target,
                                           std::string_view body, std::chrono::nanoseconds patience) {
    auto text =
        fmt::format("{} {} HTTP/1.1\r\nHost: hotswap\r\nUser-Agent: hotswap\r\n{}Content-Length: {}\r\n\r\n",
                    method, target, self_->header, body.size());
    text += body;
    auto error = self_->complete(
        patience, [&](auto done) { asio::async_write(*self_->stream, asio::buffer(text), done); });
    // A host that refuses a request early answers it before it has read all of it.
    if (error == boost::beast::error::timeout) return self_->unreachable("cannot write to", error);
    http::response_parser<http::string_body> parser;
    parser.body_limit(largest_answer);
    error = self_->complete(
        patience, [&](auto done) { http::async_read(*self_->stream, self_->buffer, parser, done); });
    if (error) return self_->unreachable("no answer from", error);
    auto message = parser.release();
    return control_reply{.status = message.result_int(),
                         .type = message[http::field::content_type],
                         .body = std::move(message.body())};
}

result<void> control_client::follow(std::string_view target, on_event const& f) {
    constexpr std::chrono::seconds sign_of_life{60};
    auto const text = fmt::format("GET {} HTTP/1.1\r\nHost: hotswap\r\nUser-Agent: hotswap\r\n{}\r\n", target,
                                  self_->header);
    auto error = self_->complete(
        sign_of_life, [&](auto done) { asio::async_write(*self_->stream, asio::buffer(text), done); });
    if (error) return self_->unreachable("cannot write to", error);
    http::response_parser<http::string_body> parser;
    error = self_->complete(sign_of_life, [&](auto done) {
        http::async_read_header(*self_->stream, self_->buffer, parser, done);
    });
    if (error) return self_->unreachable("no answer from", error);
    if (auto const status = parser.get().result_int(); status != 200) {
        error = self_->complete(
            sign_of_life, [&](auto done) { http::async_read(*self_->stream, self_->buffer, parser, done); });
        if (error) return self_->unreachable("no answer from", error);
        return refusal_in({.status = status, .body = std::move(parser.get().body())});
    }
    return self_->follow_events(sign_of_life, f);
}

result<void> control_client::connection::follow_events(std::chrono::nanoseconds sign_of_life,
                                                       on_event const& f) {
    auto got = boost::beast::buffers_to_string(buffer.data());
    buffer.clear();
    std::array<char, 16384> block{};
    for (;;) {
        for (auto end = got.find("\n\n"); end != got.npos; end = got.find("\n\n")) {
            auto const whole = got.substr(0, end);
            got.erase(0, end + 2);
            auto const data = field_of(whole, "data: ");
            if (!data.empty() && !f(field_of(whole, "event: "), data)) return {};
        }
        std::size_t size = 0;
        auto const error = complete(
            sign_of_life, [&](auto done) { stream->async_read_some(asio::buffer(block), done); }, &size);
        if (error) return unreachable("no more events from", error);
        got.append(block.data(), size);
    }
}

}  // namespace hotswap::detail
