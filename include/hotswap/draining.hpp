// For components whose calls wait for a long time: a stop token with which a drain wakes these calls.
#pragma once

#include <hotswap/detail/base/mutex.hpp>
#include <hotswap/detail/sdk/host.hpp>

#include <stop_token>
#include <utility>

namespace hotswap {

/// Wakes the waiting calls of a component while an operation waits for these calls to leave. A member of the
/// component:
///
///     hotswap::drain_signal leave_early_{host};
///     …
///     changed_.wait_for(lock, leave_early_.token(), 30s, [&] { return !news_.empty(); });   // a condition_variable_any
///
/// A wait that returns early lets the swap continue; the caller's next call waits at the gate and reaches the
/// new generation.
/// Lifetime: as the instance that was constructed with the host.
class drain_signal {
public:
    explicit drain_signal(host const& from) noexcept : api_(*from.api_), context_(from.context_) {
        listener_.context = this;
        listener_.told = &told;
        api_.listen_for_drains(context_, &listener_);
    }
    drain_signal(drain_signal const&) = delete;
    drain_signal& operator=(drain_signal const&) = delete;
    ~drain_signal() { api_.stop_listening_for_drains(context_, &listener_); }

    /// A token for one wait: stop is requested when a drain begins, or at once if a drain is in progress. A
    /// refused operation does not take the request back: take a new token for each wait.
    /// Effects:  a callback that is registered with the token (std::stop_callback) runs on the operating
    ///           thread while the gate is closed: it must not wait, call a component, or throw.
    /// Errors:   throws std::bad_alloc.
    /// Threads:  [any]
    /// Cost:     a mutex and an atomic.
    std::stop_token token() const {
        std::stop_source current(std::nostopstate);
        {
            detail::mutex_lock const lock(mutex_);
            if (!source_.stop_possible()) source_ = std::stop_source();
            current = source_;
        }
        if (api_.draining(context_)) current.request_stop();
        return current.get_token();
    }

private:
    static void told(void* context, bool draining) noexcept {
        auto const& self = *static_cast<drain_signal const*>(context);
        std::stop_source before(std::nostopstate);
        {
            detail::mutex_lock const lock(self.mutex_);
            std::swap(before, self.source_);
        }
        if (draining && before.stop_possible()) before.request_stop();
    }

    abi::host_api const& api_;
    void* const context_;
    abi::drain_listener listener_;
    mutable detail::mutex mutex_;
    // The source for all waits since the last stop request.
    mutable std::stop_source source_ HOTSWAP_GUARDED_BY(mutex_){std::nostopstate};
};

}  // namespace hotswap
