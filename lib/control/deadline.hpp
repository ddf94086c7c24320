// A time after which what a socket does is cancelled.
#pragma once

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <utility>

namespace hotswap::detail {

/// Cancels the operations of a stream once its time is over; unlike a closed stream, a cancelled one can still send an answer.
/// Threads:  that of the event loop
/// Lifetime: ends before the stream.
template <class Stream>
class deadline {
public:
    explicit deadline(Stream& of)
        : shared_(std::make_shared<shared>(&of, boost::asio::steady_timer(of.get_executor()))) {}
    ~deadline() {
        shared_->of = nullptr;
        try {
            shared_->timer.cancel();
        } catch (...) {
            return;  // it runs out, and does nothing
        }
    }
    deadline(deadline const&) = delete;
    deadline& operator=(deadline const&) = delete;

    void set(std::chrono::nanoseconds from_now) {
        shared_->is_over = false;
        shared_->timer.expires_after(from_now);
        shared_->timer.async_wait([at = shared_](boost::system::error_code error) {
            // A wait that ended just before the time was set anew does not count.
            bool const is_current = at->timer.expiry() <= std::chrono::steady_clock::now();
            if (error || at->of == nullptr || !is_current) return;
            at->is_over = true;
            cancel(*at->of);
        });
    }
    /// From now on there is no limit.
    void clear() {
        shared_->is_over = false;
        shared_->timer.expires_at(std::chrono::steady_clock::time_point::max());
    }
    bool is_over() const noexcept { return shared_->is_over; }

private:
    struct shared {
        shared(Stream* stream, boost::asio::steady_timer waits) : of(stream), timer(std::move(waits)) {}
        Stream* of;
        boost::asio::steady_timer timer;
        bool is_over = false;
    };

    static void cancel(Stream& stream) noexcept {
        boost::system::error_code ignored;
        if constexpr (requires { stream.cancel(ignored); })
            stream.cancel(ignored);
        else
            stream.cancel();
    }

    std::shared_ptr<shared> shared_;
};

}  // namespace hotswap::detail
