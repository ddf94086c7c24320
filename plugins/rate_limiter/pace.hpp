// A limit in the form that all releases compute with, and the verdict by an arrival time.
//
// An arrival time is the time at which a burst is whole again; in the past, the burst is whole. Source: ATM
// Forum, Traffic Management Specification 4.0 (af-tm-0056.000): GCRA as virtual scheduling, counted from
// the burst's end.
#pragma once

#include "rate_limiter/states/v0.hpp"
#include "shared/clock.hpp"

#include <hotswap/contracts/rate_limiter.hpp>
#include <hotswap/detail/abi/chrono.hpp>

#include <algorithm>
#include <cstdint>

namespace hotswap::plugins {

/// A limit as the time that one token takes to come back, rounded up: rounding never admits more.
struct pace {
    std::chrono::nanoseconds interval{};
    std::uint32_t burst = 0;

    constexpr explicit pace(rate_limiter_states::v0::limit const& limit) noexcept
        : interval((limit.per.count() + limit.tokens - 1) / limit.tokens), burst(limit.burst) {}

    /// The time in which an empty burst refills.
    constexpr std::chrono::nanoseconds whole() const noexcept { return interval * std::int64_t{burst}; }
};

/// The arrival time as of `now`: at least `now`, which is a whole burst, and at most a whole burst later.
/// The clock may have stepped back since it was written, or the limit may be another.
constexpr time settled(time arrival, pace const& pace, time now) noexcept {
    return std::clamp(arrival, now, now + pace.whole());
}

/// The verdict on `cost` tokens for a settled arrival time.
constexpr contracts::rate_verdict judge(time arrival, pace const& pace, std::uint32_t cost,
                                        time now) noexcept {
    auto const used = arrival - now;
    auto const left = pace.whole() - used;
    auto const tokens = static_cast<std::uint32_t>(left / pace.interval);
    if (cost > pace.burst)
        return {.allowed = false,
                .remaining = tokens,
                .retry_after = std::chrono::nanoseconds::max(),
                .reset_after = used};
    auto const price = std::int64_t{cost} * pace.interval;
    if (cost > tokens)
        return {.allowed = false, .remaining = tokens, .retry_after = price - left, .reset_after = used};
    return {.allowed = true, .remaining = tokens - cost, .retry_after = {}, .reset_after = used + price};
}

/// A verdict that is not given after all, because the client is blocked for `left`.
constexpr contracts::rate_verdict blocked(contracts::rate_verdict const& own, std::chrono::nanoseconds used,
                                          std::chrono::nanoseconds left) noexcept {
    return {.allowed = false,
            .remaining = 0,
            .retry_after = std::max(own.retry_after, left),
            .reset_after = std::max(used, left)};
}

}  // namespace hotswap::plugins
