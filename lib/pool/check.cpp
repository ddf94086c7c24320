#include "pool/check.hpp"

#include <hotswap/runtime.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <fmt/format.h>

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

namespace hotswap::detail {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using clock = std::chrono::steady_clock;

constexpr auto with_error = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::seconds most_patience{10};
constexpr std::chrono::milliseconds between_tries{200};

struct web_address {
    std::string host{};
    std::string port{};
    std::string path{};  // empty: only a connection is wanted

    static web_address of_tcp(std::string const& text) {
        auto const colon = text.rfind(':');
        return {text.substr(0, colon), text.substr(colon + 1), {}};
    }
    static web_address of_http(std::string const& text) {
        constexpr std::string_view scheme = "http://";
        auto const slash = std::min(text.find('/', scheme.size()), text.size());
        auto made = of_tcp(text.substr(scheme.size(), slash - scheme.size()));
        if (made.host == made.port) made.port = "80";  // there was no colon
        made.path = slash == text.size() ? "/" : text.substr(slash);
        return made;
    }
};

asio::awaitable<void> try_once(boost::beast::tcp_stream& stream, web_address const& at, std::string& wrong) {
    asio::ip::tcp::resolver resolver(stream.get_executor());
    auto const [not_found, where] = co_await resolver.async_resolve(at.host, at.port, with_error);
    if (not_found) {
        wrong = "its host is not found: " + not_found.message();
        co_return;
    }
    auto const [refused, endpoint] = co_await stream.async_connect(where, with_error);
    if (refused) {
        wrong = "no connection: " + refused.message();
        co_return;
    }
    wrong.clear();
    if (at.path.empty()) co_return;
    http::request<http::empty_body> request(http::verb::get, at.path, 11);
    request.set(http::field::host, at.host);
    request.set(http::field::user_agent, "hotswap");
    request.set(http::field::connection, "close");
    auto const [not_sent, sent] = co_await http::async_write(stream, request, with_error);
    boost::beast::flat_buffer buffer;
    http::response_parser<http::string_body> answer;
    answer.body_limit(std::uint64_t{64} << 20U);
    auto const [not_read, read] = co_await http::async_read(stream, buffer, answer, with_error);
    auto const status = answer.get().result_int();
    if (not_sent || not_read)
        wrong = "no answer: " + (not_sent ? not_sent : not_read).message();
    else if (status < 200 || status > 299)
        wrong = fmt::format("the answer has status {}", status);
}

std::string fault_of(web_address const& at, clock::time_point until) {
    asio::io_context io(1);
    boost::beast::tcp_stream stream(io);
    stream.expires_at(until);
    std::string wrong = "it did not end in time";
    asio::co_spawn(io, try_once(stream, at, wrong), [](std::exception_ptr const&) {});
    io.run_until(until + std::chrono::seconds(1));
    return wrong;
}

std::string fault_of(std::string const& component, runtime const* host) {
    if (host == nullptr) return "only a host can say that, and this is none";
    auto const wrong = host->health(component);
    return wrong ? *wrong : wrong.error().message;
}

std::string fault_once(closure_check const& check, runtime const* host, clock::time_point until) {
    struct ::stat found {};
    switch (check.what) {
        case check_kind::exists:
            return ::stat(check.of.c_str(), &found) == 0 ? std::string() : std::string(std::strerror(errno));
        case check_kind::tcp:
            return fault_of(web_address::of_tcp(check.of), until);
        case check_kind::http:
            return fault_of(web_address::of_http(check.of), until);
        case check_kind::healthy:
            return fault_of(check.of, host);
    }
    return {};
}

}  // namespace

std::string fault_of(closure_check const& check, runtime const* host, clock::time_point until) {
    until = std::min(until, clock::now() + most_patience);
    for (;;) {
        auto const wrong = fault_once(check, host, until);
        if (wrong.empty()) return {};
        if (clock::now() + between_tries >= until)
            return fmt::format("{}: {}", to_string(closure_step(check)), wrong);
        std::this_thread::sleep_for(between_tries);
    }
}

}  // namespace hotswap::detail
