// Wakes everything on an event loop that waits for news.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <chrono>
#include <list>

namespace hotswap::detail {

/// Awaits an operation whose error is a value.
inline constexpr auto with_error = boost::asio::as_tuple(boost::asio::use_awaitable);

/// One thread runs the event loop. What it waits for is looked at before `wait`, on the same thread: no news is missed.
class notifier {
public:
    using clock = std::chrono::steady_clock;

    explicit notifier(boost::asio::io_context& io) noexcept : io_(io) {}

    /// Threads:  [any]
    void notify() noexcept {
        if (is_posted_.exchange(true)) return;
        try {
            boost::asio::post(io_, [this] {
                is_posted_ = false;
                for (auto* const each : waiting_) each->cancel();
            });
        } catch (...) {
            is_posted_ = false;  // no memory: the next news wakes them, or their own time
        }
    }

    /// Until the next news, or `until`.
    /// Threads:  that of the event loop
    boost::asio::awaitable<void> wait(clock::time_point until) {
        boost::asio::steady_timer timer(io_, until);
        auto const place = waiting_.insert(waiting_.end(), &timer);
        co_await timer.async_wait(with_error);
        waiting_.erase(place);
    }

private:
    boost::asio::io_context& io_;
    std::atomic<bool> is_posted_{false};
    std::list<boost::asio::steady_timer*> waiting_;
};

}  // namespace hotswap::detail
