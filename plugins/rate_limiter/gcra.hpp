// The generic cell rate algorithm of release 2.0.0: one theoretical arrival time in place of a bucket.
// Source: ATM Forum, Traffic Management Specification 4.0 (af-tm-0056.000): GCRA as virtual scheduling.
#pragma once

#include <hotswap/detail/abi/chrono.hpp>

#include "rate_limiter/pace.hpp"
#include "shared/clock.hpp"

#include <algorithm>
#include <cstdint>

namespace hotswap::plugins {

/// The arrival time, corrected after a backward step of the clock: at most a whole burst is used.
constexpr time settled(time arrival, pace const& pace, time now) noexcept {
    return std::min(arrival, now + pace.whole());
}

/// The used part of the burst at `now`, as its refill time; for a settled arrival.
constexpr std::chrono::nanoseconds used(time arrival, time now) noexcept {
    return std::max(arrival - now, std::chrono::nanoseconds::zero());
}

/// The verdict on `cost` tokens for a settled arrival, before tokens are taken.
constexpr contracts::rate_verdict judge(time arrival, pace const& pace, std::uint32_t cost,
                                        time now) noexcept {
    auto const left = pace.whole() - used(arrival, now);
    auto const tokens = static_cast<std::uint32_t>(left / pace.interval);
    if (cost <= tokens) return {.allowed = true, .remaining = tokens - cost};
    if (cost > pace.burst) return never(tokens);
    return {.allowed = false, .remaining = tokens, .retry_after = std::int64_t{cost} * pace.interval - left};
}

/// The arrival time after `cost` tokens were taken.
constexpr time taken(time arrival, pace const& pace, std::uint32_t cost, time now) noexcept {
    return std::max(arrival, now) + std::int64_t{cost} * pace.interval;
}

/// Converts an arrival time to other limits: remaining tokens stay, cut to the new burst; a full burst stays
/// full.
constexpr time rescaled(time arrival, pace const& from, pace const& to, time now) noexcept {
    auto const spent = used(settled(arrival, from, now), now);
    if (spent == spent.zero()) return now;
    auto const left = std::min<std::int64_t>((from.whole() - spent) / from.interval, to.burst);
    return now + (std::int64_t{to.burst} - left) * to.interval;
}

}  // namespace hotswap::plugins
