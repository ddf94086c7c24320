// Waits for a change that wakes no thread.
#pragma once

#include <sched.h>

#include <algorithm>
#include <chrono>
#include <thread>

namespace hotswap::detail {

/// Asks `is_so` at growing intervals; false at the deadline. Leases are given back by a plain store, which wakes no thread.
template <class F>
bool look_until(F const& is_so, std::chrono::steady_clock::time_point deadline) noexcept {
    using namespace std::chrono_literals;
    std::chrono::nanoseconds nap = 10us;
    for (int look = 0;; ++look) {
        if (is_so()) return true;
        auto const now = std::chrono::steady_clock::now();
        if (now >= deadline) return false;
        if (look < 20) {
            sched_yield();  // a thread that is inside may need this processor
        } else {
            std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(nap, deadline - now));
            nap = std::min<std::chrono::nanoseconds>(nap * 2, 500us);
        }
    }
}

}  // namespace hotswap::detail
