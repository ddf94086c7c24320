#include "http/connection.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/json/serialize.hpp>

#include <exception>
#include <utility>

namespace gateway {

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

// Limits on reading the rest of a refused request: amount and time. The server reads it, because closing the
// connection earlier could destroy the answer on its way.
constexpr std::size_t most_discarded = std::size_t{1} << 20U;
constexpr std::chrono::seconds longest_linger{2};

answer refusal_of(boost::system::error_code const& error, http_limits const& limits) {
    if (error == http::error::header_limit || error == http::error::buffer_overflow)
        return problem(431, "header_too_large",
                       "the header is limited to " + std::to_string(limits.header_bytes) + " bytes");
    if (error == http::error::body_limit)
        return problem(413, "body_too_large",
                       "a body is limited to " + std::to_string(limits.body_bytes) + " bytes");
    return problem(400, "bad_request", "this is not HTTP/1.1: " + error.message());
}

}  // namespace

http_connection::http_connection(socket peer, std::string peer_name, http_limits const& limits,
                                 handler const& serve, std::function<void(http_connection*)> ended)
    : socket_(std::move(peer)),
      peer_name_(std::move(peer_name)),
      limits_(limits),
      serve_(serve),
      ended_(std::move(ended)),
      deadline_(socket_.get_executor()) {}

http_connection::~http_connection() { ended_(this); }

void http_connection::start() {
    asio::dispatch(socket_.get_executor(), [self = shared_from_this()] {
        error_code error;
        self->socket_.non_blocking(true, error);
        error ? self->close() : self->await_request();
    });
}

void http_connection::drain() {
    asio::dispatch(socket_.get_executor(), [self = shared_from_this()] {
        self->draining_ = true;
        self->close_if_drained();
    });
}

void http_connection::abort() {
    asio::dispatch(socket_.get_executor(), [self = shared_from_this()] { self->close(); });
}

void http_connection::await_request() {
    parser_.emplace();
    parser_->header_limit(limits_.header_bytes);
    parser_->body_limit(limits_.body_bytes);
    if (buffer_.size() != 0) return read_header();

    idle_ = true;
    arm(limits_.idle_timeout);
    await_bytes();
    // The drain may have begun while the answer was being sent, or before the first wait.
    close_if_drained();
}

void http_connection::await_bytes() {
    socket_.async_wait(socket::wait_read, [self = shared_from_this()](error_code error) {
        char first = 0;
        if (!error && !self->timed_out_)
            self->socket_.receive(asio::buffer(&first, 1), socket::message_peek, error);
        // With several threads one may be notified, late, of bytes that another has read: no request has
        // begun.
        if (error == asio::error::would_block && !self->timed_out_) return self->await_bytes();
        self->idle_ = false;
        error || self->timed_out_ ? self->close() : self->read_header();
    });
}

void http_connection::close_if_drained() {
    error_code ignored;
    if (draining_ && idle_ && socket_.available(ignored) == 0) close();
}

void http_connection::read_header() {
    arm(limits_.request_timeout);
    http::async_read_header(
        socket_, buffer_, *parser_,
        [self = shared_from_this()](error_code error, std::size_t) { self->on_header(error); });
}

void http_connection::on_header(error_code error) {
    if (error) return refuse(error);
    if (!http::token_list(parser_->get()[http::field::expect]).exists("100-continue")) return read_body();
    static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    asio::async_write(socket_, asio::buffer(go_on),
                      [self = shared_from_this()](error_code failed, std::size_t) {
                          failed ? self->refuse(failed) : self->read_body();
                      });
}

void http_connection::read_body() {
    http::async_read(socket_, buffer_, *parser_,
                     [self = shared_from_this()](error_code error, std::size_t) { self->on_request(error); });
}

void http_connection::on_request(error_code error) {
    if (error) return refuse(error);
    disarm();
    serve();
}

void http_connection::serve() {
    auto message = parser_->release();
    keep_alive_ = message.keep_alive();
    version_ = message.version();
    is_head_ = message.method() == http::verb::head;
    if (version_ >= 11 && message.count(http::field::host) != 1)
        return write(problem(400, "bad_request", "a request has one header Host"));

    request what{.method = message.method_string(),
                 .target = message.target(),
                 .authorization = message[http::field::authorization],
                 .client = message["X-Client"],
                 .body = std::move(message.body()),
                 .peer = peer_name_};
    // Keeps the event loop running until a handler answers that works on its own thread.
    respond const done = [self = shared_from_this(),
                          busy = asio::make_work_guard(socket_.get_executor())](answer given) {
        asio::dispatch(self->socket_.get_executor(),
                       [self, given = std::move(given)]() mutable { self->write(std::move(given)); });
    };
    try {
        serve_(std::move(what), done);
    } catch (std::exception const& error) {
        done(problem(500, "internal", error.what()));
    }
}

void http_connection::refuse(error_code error) {
    bool const began = parser_->got_some() || buffer_.size() != 0;
    bool const malformed = error.category() == make_error_code(http::error::bad_method).category() &&
                           error != http::error::end_of_stream && error != http::error::partial_message;
    if (!malformed && !(timed_out_ && began)) return close();
    refused_ = true;
    keep_alive_ = false;
    write(timed_out_ ? problem(408, "timeout", "the request did not arrive in time")
                     : refusal_of(error, limits_));
}

void http_connection::write(answer what) {
    keep_alive_ = keep_alive_ && !draining_;
    auto& out = response_.emplace(static_cast<http::status>(what.status), version_);
    out.set(http::field::content_type, "application/json");
    for (auto const& [name, value] : what.headers) out.insert(name, value);
    out.keep_alive(keep_alive_);
    out.body() = boost::json::serialize(what.body) + '\n';
    out.prepare_payload();
    if (is_head_) out.body().clear();
    arm(limits_.request_timeout);
    http::async_write(socket_, *response_, [self = shared_from_this()](error_code error, std::size_t) {
        self->on_written(error);
    });
}

void http_connection::on_written(error_code error) {
    disarm();
    if (error || (!keep_alive_ && !refused_)) return close();
    if (!refused_) return await_request();
    error_code ignored;
    socket_.shutdown(socket::shutdown_send, ignored);
    arm(longest_linger);
    linger(0);
}

void http_connection::linger(std::size_t discarded) {
    socket_.async_read_some(asio::buffer(discarded_),
                            [self = shared_from_this(), discarded](error_code error, std::size_t size) {
                                if (error || discarded + size > most_discarded) return self->close();
                                self->linger(discarded + size);
                            });
}

void http_connection::close() {
    deadline_.cancel();
    error_code ignored;
    socket_.close(ignored);
}

void http_connection::arm(std::chrono::nanoseconds timeout) {
    timed_out_ = false;
    deadline_.expires_after(timeout);
    deadline_.async_wait([self = shared_from_this()](error_code error) {
        // Ignores a wait that ended just before the timer was set anew.
        if (error || self->deadline_.expiry() > std::chrono::steady_clock::now()) return;
        self->timed_out_ = true;
        error_code ignored;
        self->socket_.cancel(ignored);
    });
}

void http_connection::disarm() {
    timed_out_ = false;
    deadline_.expires_at(std::chrono::steady_clock::time_point::max());
}

}  // namespace gateway
