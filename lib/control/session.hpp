// One connection of a control interface: its requests one after the other, within limits.
#pragma once

#include "control/deadline.hpp"
#include "control/news_text.hpp"
#include "control/notifier.hpp"
#include "control/peer_stream.hpp"
#include "control/service.hpp"
#include "control/tokens.hpp"
#include "control/workers.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <atomic>
#include <optional>

namespace hotswap::detail {

/// What all connections share.
struct session_host {
    control_service& service;
    control_limits const& limits;
    notifier& news;
    news_text& texts;
    workers& requests;
    workers& long_requests;
    token_list const& tokens;
    std::atomic<bool> const& is_ending;
};

/// Threads:  that of the event loop
class control_session {
public:
    control_session(peer_stream peer, control_peer from, session_host host);

    /// Serves until the peer closes, breaks a limit, or the server ends.
    boost::asio::awaitable<void> run();
    /// Closes a connection that is between two requests.
    void end_if_idle() noexcept;
    /// Answers once, and closes.
    boost::asio::awaitable<void> refuse(failure const& why);

private:
    template <class T>
    using awaitable = boost::asio::awaitable<T>;
    using parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
    using error_code = boost::system::error_code;

    awaitable<bool> serve_one();
    awaitable<error_code> read(parser& into);
    // What is awaited gets only references to variables of the one that awaits it: with temporaries in such expressions the code
    // that g++ 12 made corrupted the heap.
    awaitable<bool> write(control_answer const& what);
    awaitable<bool> answer(control_request const& request);
    awaitable<bool> await_operation(control_answer const& given);
    awaitable<bool> follow(control_answer& what);
    awaitable<bool> send(std::string const& text);
    std::string news_of(control_answer& what);
    control_peer peer_with(std::string_view authorization) const;

    peer_stream stream_;
    deadline<peer_stream> deadline_{stream_};
    control_peer const from_;
    session_host host_;
    boost::beast::flat_buffer buffer_;
    bool is_idle_ = false;
    bool has_begun_ = false;  // the peer has sent something of the request
    bool keep_alive_ = true;
    bool is_head_ = false;
};

}  // namespace hotswap::detail
