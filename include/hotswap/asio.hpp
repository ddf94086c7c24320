// For hosts on Boost.Asio: a lease on a component without a thread that sleeps at a closed gate. Needs
// Boost.Asio, header-only.
//
//     auto hold = co_await hotswap::async_lease(cache, boost::asio::use_awaitable);
//     co_await hold->refresh(key);   // and any other suspension
#pragma once

#include <hotswap/detail/slot/handle.hpp>
#include <hotswap/failure.hpp>

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>

#include <cstdint>
#include <memory>
#include <utility>

namespace hotswap {

namespace detail {

/// One async_lease in progress. It starts, waits at the gate, or is posted to its handler: one of these at a
/// time.
template <class Contract, class Handler>
class lease_operation final : public opening_wait,
                              public std::enable_shared_from_this<lease_operation<Contract, Handler>> {
public:
    lease_operation(handle<Contract> to, Handler handler, char const* file, std::uint32_t line)
        : to_(std::move(to)),
          handler_(std::move(handler)),
          work_(boost::asio::get_associated_executor(handler_)),
          file_(file),
          line_(line) {}

    void begin() {
        auto slot = boost::asio::get_associated_cancellation_slot(handler_);
        if (slot.is_connected())
            slot.assign([waits = this->weak_from_this()](boost::asio::cancellation_type type) {
                if (type == boost::asio::cancellation_type::none) return;
                if (auto const self = waits.lock()) self->cancel();
            });
        enter_or_wait();
    }

private:
    using error_code = boost::system::error_code;

    void opened(opening) noexcept override { enter_or_wait(); }

    void enter_or_wait() {
        auto& gate = *to_.gate();
        for (;;) {
            if (auto held = try_share()) return complete({}, std::move(held));
            switch (gate.await_opening(this->shared_from_this())) {
                case gate::wait::is_open:
                    continue;
                case gate::wait::is_gone:
                    return complete(make_error_code(gate.why_gone()), {});
                case gate::wait::begun:
                    return;
            }
        }
    }
    // Empty if the component is gone: await_opening then returns the reason.
    shared_lease<Contract> try_share() const {
        try {
            return to_.try_share(file_, line_);
        } catch (swap_error const&) {
            return {};
        }
    }
    void cancel() {
        if (!this->stop_waiting()) return;
        to_.gate()->drop_stopped_waits();
        complete(boost::asio::error::operation_aborted, {});
    }
    void complete(error_code error, shared_lease<Contract> held) {
        boost::asio::post(work_.get_executor(),
                          [self = this->shared_from_this(), error, held = std::move(held)]() mutable {
                              boost::asio::get_associated_cancellation_slot(self->handler_).clear();
                              auto handler = std::move(self->handler_);
                              self.reset();
                              std::move(handler)(error, std::move(held));
                          });
    }

    handle<Contract> const to_;
    Handler handler_;
    boost::asio::executor_work_guard<boost::asio::associated_executor_t<Handler>> const work_;
    char const* const file_;
    std::uint32_t const line_;
};

}  // namespace detail

/// Takes a shared lease on the running generation as soon as the gate is open:
/// `void(boost::system::error_code, shared_lease<Contract>)`, for any completion token. While the gate is
/// closed the operation waits without a thread.
/// Effects:  completes on the executor associated with the handler, never within this call. The lease may be
///           used and given back on any thread. Keep the lease across a suspension, and no longer, because a
///           swap waits for it.
/// Errors:   errc::component_gone, errc::other_process; boost::asio::error::operation_aborted if it was
///           cancelled while it waited. The lease then holds nothing. Without memory for the post that
///           completes it the process ends.
/// Threads:  [any]; a cancellation signal is emitted on the handler's executor, as Asio requires.
/// Lifetime: the executor outlives the wait: cancel it, or end the component, before the executor's context is destroyed.
/// Cost:     an allocation and a post, also if the gate is open.
template <class Contract, class Token>
auto async_lease(handle<Contract> to, Token&& token, char const* file = __builtin_FILE(),
                 std::uint32_t line = __builtin_LINE()) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, shared_lease<Contract>)>(
        [](auto handler, handle<Contract> target, char const* from, std::uint32_t at) {
            using operation = detail::lease_operation<Contract, decltype(handler)>;
            auto const allocator = boost::asio::get_associated_allocator(handler);
            std::allocate_shared<operation>(allocator, std::move(target), std::move(handler), from, at)
                ->begin();
        },
        token, std::move(to), file, line);
}

}  // namespace hotswap
