#include "control/session.hpp"

#include "base/refuse.hpp"
#include "control/verbs.hpp"
#include "report/plain_text.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace hotswap::detail {

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

constexpr std::size_t first_read = 4096;
constexpr std::chrono::seconds sign_of_life{15};
// The steps of one operation come within a few milliseconds: a status that a following one replaces at once is of no use.
constexpr std::chrono::milliseconds between_statuses{10};
constexpr std::chrono::hours longest_wait{24};

failure refusal_of(boost::system::error_code const& error, bool timed_out, control_limits const& limits) {
    if (timed_out) return refuse(errc::limit_reached, phase::none, "the request did not arrive in time");
    if (error == http::error::header_limit || error == http::error::buffer_overflow)
        return refuse(errc::limit_reached, phase::none, "the header is longer than {} bytes",
                      limits.header_bytes);
    if (error == http::error::body_limit)
        return refuse(errc::limit_reached, phase::none, "the body is longer than {} bytes",
                      limits.body_bytes);
    return refuse(errc::invalid_argument, phase::none, "this is not HTTP/1.1: {}", error.message());
}

// Not for a peer that is gone.
bool is_worth_an_answer(boost::system::error_code const& error) {
    static auto const& of_http = make_error_code(http::error::bad_method).category();
    return error.category() == of_http && error != http::error::end_of_stream &&
           error != http::error::partial_message;
}

// Runs on a thread for requests. The request lives in the coroutine that waits for this one.
asio::awaitable<control_answer> answer_of(control_service& service, control_request const& request) {
    co_return service.answer(request);
}

control_answer answer_to_broken(boost::system::error_code const& error, bool timed_out,
                                control_limits const& limits) {
    auto given = answer_with(refusal_of(error, timed_out, limits));
    if (timed_out)
        given.status = 408;
    else if (error == http::error::body_limit)
        given.status = 413;
    else if (error == http::error::header_limit || error == http::error::buffer_overflow)
        given.status = 431;
    return given;
}

bool is_restore(std::string_view target) { return target.starts_with("/v1/restore/"); }

}  // namespace

control_session::control_session(peer_stream peer, control_peer from, session_host host)
    : stream_(std::move(peer)), from_(std::move(from)), host_(host) {}

asio::awaitable<void> control_session::run() {
    while (keep_alive_ && !host_.is_ending) {
        bool const goes_on = co_await serve_one();
        if (!goes_on) break;
    }
    stream_.shutdown_send();
}

void control_session::end_if_idle() noexcept {
    if (is_idle_) stream_.cancel();
}

asio::awaitable<void> control_session::refuse(failure const& why) {
    keep_alive_ = false;
    auto given = answer_with(why);
    given.status = 503;
    co_await write(given);
}

asio::awaitable<control_session::error_code> control_session::read(parser& into) {
    into.header_limit(static_cast<std::uint32_t>(host_.limits.header_bytes));
    into.body_limit(host_.limits.frame_bytes);
    // The first byte ends the time between requests and begins the time for the header.
    if (buffer_.size() == 0) {
        deadline_.set(host_.limits.idle_deadline);
        is_idle_ = true;
        auto const room = buffer_.prepare(first_read);
        auto const [error, size] = co_await stream_.async_read_some(room, with_error);
        is_idle_ = false;
        buffer_.commit(size);
        if (error) co_return error;
    }
    has_begun_ = true;
    deadline_.set(host_.limits.header_deadline);
    auto const [broken, header_size] = co_await http::async_read_header(stream_, buffer_, into, with_error);
    if (broken) co_return broken;
    // Only a peer who may restore a state may send one.
    if (!is_restore(into.get().target()) ||
        peer_with(into.get()[http::field::authorization]).role < control_role::operator_) {
        into.body_limit(host_.limits.body_bytes);
        if (into.content_length() && *into.content_length() > host_.limits.body_bytes)
            co_return http::error::body_limit;
    }
    deadline_.set(host_.limits.body_deadline);
    auto const [error, size] = co_await http::async_read(stream_, buffer_, into, with_error);
    co_return error;
}

asio::awaitable<bool> control_session::serve_one() {
    parser incoming;
    has_begun_ = false;
    auto const error = co_await read(incoming);
    if (error) {
        keep_alive_ = false;
        bool const timed_out = deadline_.is_over() && has_begun_;
        if (!timed_out && !is_worth_an_answer(error)) co_return false;
        auto const given = answer_to_broken(error, timed_out, host_.limits);
        co_await write(given);
        co_return false;
    }
    auto message = incoming.release();
    keep_alive_ = message.keep_alive();
    is_head_ = message.method() == http::verb::head;
    auto target = read_target(message.target());
    if (!target || message.version() != 11 || message.count(http::field::host) != 1) {
        auto const given = answer_with(hotswap::detail::refuse(
            errc::invalid_argument, phase::none,
            "expected HTTP/1.1 with one Host and a target that is a path, found \"{}\"",
            one_line(message.target(), 80)));
        bool const wrote = co_await write(given);
        co_return wrote;
    }
    control_request request;
    request.method = is_head_ ? "GET" : std::string(message.method_string());
    request.path = std::move(target->path);
    request.query = std::move(target->query);
    request.body = std::move(message.body());
    request.agent = message[http::field::user_agent];
    request.from = peer_with(message[http::field::authorization]);
    bool const goes_on = co_await answer(request);
    co_return goes_on;
}

// A request may wait for a rehearsal, and the event loop may not: it is answered on a thread.
asio::awaitable<bool> control_session::answer(control_request const& request) {
    auto working = answer_of(host_.service, request);
    auto const verb = find_verb(request);
    auto& threads = verb && (*verb)->takes_time ? host_.long_requests : host_.requests;
    auto given = co_await asio::co_spawn(threads.executor(), std::move(working), asio::use_awaitable);
    bool goes_on = false;
    if (!given.operation.empty())
        goes_on = co_await await_operation(given);
    else if (given.stream != control_stream::none)
        goes_on = co_await follow(given);
    else
        goes_on = co_await write(given);
    co_return goes_on;
}

asio::awaitable<bool> control_session::await_operation(control_answer const& given) {
    auto& operations = host_.service.operations();
    auto const until = notifier::clock::now() + std::min<std::chrono::nanoseconds>(given.wait, longest_wait);
    for (;;) {
        auto const state = operations.state_of(given.operation);
        bool const has_ended = !state || *state == operation_state::ended;
        if (has_ended || host_.is_ending || notifier::clock::now() >= until) break;
        co_await host_.news.wait(until);
    }
    auto const found = operations.find(given.operation);
    bool const has_ended = operations.state_of(given.operation) == operation_state::ended;
    auto const as_it_is = found ? answer_with(*found, has_ended ? 200 : 202)
                                : answer_with(operations.ask_to_stop(given.operation).error());
    bool const wrote = co_await write(as_it_is);
    co_return wrote;
}

asio::awaitable<bool> control_session::write(control_answer const& what) {
    http::response<http::string_body> out(static_cast<http::status>(what.status), 11);
    out.set(http::field::content_type, what.type);
    for (auto const& [name, value] : what.headers) out.insert(name, value);
    keep_alive_ = keep_alive_ && !host_.is_ending;
    out.keep_alive(keep_alive_);
    out.body() = what.body;
    out.prepare_payload();
    if (is_head_) out.body().clear();
    deadline_.set(host_.limits.body_deadline);
    auto const [error, size] = co_await http::async_write(stream_, out, with_error);
    co_return !error;
}

asio::awaitable<bool> control_session::send(std::string const& text) {
    deadline_.set(host_.limits.body_deadline);
    auto const from = asio::buffer(text);
    auto const [error, size] = co_await asio::async_write(stream_, from, with_error);
    deadline_.clear();
    co_return !error;
}

// Server-sent events, until the peer closes, sends anything, or the server ends.
asio::awaitable<bool> control_session::follow(control_answer& what) {
    keep_alive_ = false;
    auto const is_over = std::make_shared<bool>(false);
    auto const byte = std::make_shared<char>();
    deadline_.clear();
    stream_.async_read_some(asio::buffer(byte.get(), 1),
                            [is_over, byte, &news = host_.news](error_code, std::size_t) {
                                *is_over = true;
                                news.notify();
                            });
    std::string text =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nConnection: "
        "close\r\n\r\n";
    auto last_sent = notifier::clock::now();
    while (!host_.is_ending && !*is_over) {
        if (!text.empty()) {
            bool const sent = co_await send(text);
            if (!sent) break;
            last_sent = notifier::clock::now();
        }
        auto const next_status = last_sent + between_statuses;
        while (what.stream == control_stream::status && !host_.is_ending && !*is_over &&
               notifier::clock::now() < next_status)
            co_await host_.news.wait(next_status);
        text = news_of(what);
        if (text.empty()) co_await host_.news.wait(last_sent + sign_of_life);
        if (text.empty() && notifier::clock::now() - last_sent >= sign_of_life) text = ":\n\n";
    }
    // The stream of a read must outlive it.
    stream_.cancel();
    while (!*is_over) co_await host_.news.wait(notifier::clock::now() + sign_of_life);
    co_return false;
}

// The role of a token counts where it is higher than that of the connection.
control_peer control_session::peer_with(std::string_view authorization) const {
    constexpr std::string_view scheme = "Bearer ";
    auto peer = from_;
    if (peer.address.empty() || !authorization.starts_with(scheme)) return peer;
    auto const* const found = host_.tokens.find(authorization.substr(scheme.size()));
    if (found == nullptr) return peer;
    peer.token = found->name;
    peer.name = "token " + found->name;
    peer.role = std::max(peer.role, found->role);
    return peer;
}

// What the peer does not have yet; `after` moves on.
std::string control_session::news_of(control_answer& what) {
    return what.stream == control_stream::events ? host_.texts.events_after(what.after)
                                                 : host_.texts.status_after(what.after);
}

}  // namespace hotswap::detail
