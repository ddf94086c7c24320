// How many changes each user may ask for within a minute.
#pragma once

#include <hotswap/detail/base/mutex.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>

namespace hotswap::detail {

/// Each user has a budget that refills evenly (the token bucket).
/// Threads:  [any]
class request_rate {
public:
    using clock = std::chrono::steady_clock;

    explicit request_rate(unsigned per_minute) noexcept : per_minute_(per_minute) {}

    /// Whether the user may ask now; takes one from his budget.
    bool take(std::string const& user, clock::time_point now = clock::now()) {
        mutex_lock const lock(mutex_);
        auto [found, is_new] = budgets_.try_emplace(user, budget{static_cast<double>(per_minute_), now});
        auto& [left, since] = found->second;
        std::chrono::duration<double> const passed = now - since;
        left = std::min<double>(per_minute_, left + passed.count() * per_minute_ / 60.0);
        since = now;
        if (left < 1) return false;
        left -= 1;
        return true;
    }

private:
    struct budget {
        double left;
        clock::time_point since;
    };

    unsigned const per_minute_;
    mutex mutex_;
    std::map<std::string, budget> budgets_ HOTSWAP_GUARDED_BY(mutex_);
};

}  // namespace hotswap::detail
