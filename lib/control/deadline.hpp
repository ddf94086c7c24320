// A time after which what a socket does is cancelled.
#pragma once

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>

namespace hotswap::detail {

/// Cancels the operations of a socket once its time is over; unlike a closed socket, a cancelled one can still send an answer.
/// Threads:  that of the event loop
/// Lifetime: ends before the socket.
class deadline {
public:
    using socket = boost::asio::local::stream_protocol::socket;

    explicit deadline(socket& of)
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
            at->of->cancel(error);
        });
    }
    bool is_over() const noexcept { return shared_->is_over; }

private:
    struct shared {
        shared(socket* socket, boost::asio::steady_timer waits) : of(socket), timer(std::move(waits)) {}
        socket* of;
        boost::asio::steady_timer timer;
        bool is_over = false;
    };

    std::shared_ptr<shared> shared_;
};

}  // namespace hotswap::detail
