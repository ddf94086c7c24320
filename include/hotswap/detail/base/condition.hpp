// A condition variable for a checked mutex.
#pragma once

#include <hotswap/detail/base/mutex.hpp>

#include <chrono>
#include <condition_variable>
#include <stop_token>
#include <utility>

namespace hotswap::detail {

/// A condition variable, waited for with a mutex held. A predicate is a lambda with HOTSWAP_REQUIRES.
class condition {
public:
    void notify_all() noexcept { standard_.notify_all(); }
    void wait(mutex_lock<std::mutex>& held) { standard_.wait(held.standard()); }
    template <class F>
    void wait(mutex_lock<std::mutex>& held, F is_so) {
        standard_.wait(held.standard(), std::move(is_so));
    }
    template <class Clock, class Duration>
    void wait_until(mutex_lock<std::mutex>& held, std::chrono::time_point<Clock, Duration> when) {
        standard_.wait_until(held.standard(), when);
    }
    template <class Clock, class Duration, class F>
    bool wait_until(mutex_lock<std::mutex>& held, std::chrono::time_point<Clock, Duration> when, F is_so) {
        return standard_.wait_until(held.standard(), when, std::move(is_so));
    }
    template <class Rep, class Period, class F>
    bool wait_for(mutex_lock<std::mutex>& held, std::chrono::duration<Rep, Period> time, F is_so) {
        return standard_.wait_for(held.standard(), time, std::move(is_so));
    }

private:
    std::condition_variable standard_;
};

/// While it lives, a request to stop wakes all that wait for `changed` with `held_by_them`. Made without that mutex.
class woken_by {
public:
    woken_by(std::stop_token const& stop, mutex& held_by_them, condition& changed)
        : callback_(stop, wake{held_by_them, changed}) {}

private:
    struct wake {
        mutex& held_by_them;
        condition& changed;
        void operator()() const noexcept {
            { mutex_lock const lock(held_by_them); }  // no waiter is between its look and its sleep
            changed.notify_all();
        }
    };
    std::stop_callback<wake> callback_;
};

}  // namespace hotswap::detail
