// The token bucket of the states 0 and 1, and the time at which it is full.
#pragma once

#include "rate_limiter/pace.hpp"
#include "rate_limiter/states/v0.hpp"
#include "shared/clock.hpp"

#include <cstdint>

namespace hotswap::plugins {

/// When the bucket is full again. Saturates where a damaged state holds times that no limiter wrote.
inline time full_at(rate_limiter_states::v0::bucket const& bucket) noexcept {
    std::int64_t refill = 0;
    std::int64_t when = 0;
    if (__builtin_mul_overflow(std::int64_t{bucket.missing}, bucket.interval.count(), &refill) ||
        __builtin_add_overflow(bucket.refilled.time_since_epoch().count(), refill, &when))
        return time::max();
    return time(std::chrono::nanoseconds(when));
}

/// The bucket that is full at `arrival`, which is `now` or later: whole tokens are missing, no fraction is
/// lost.
inline rate_limiter_states::v0::bucket bucket_full_at(time arrival, pace const& pace, time now) noexcept {
    auto const missing = (arrival - now + pace.interval - std::chrono::nanoseconds{1}) / pace.interval;
    return {.missing = static_cast<std::uint32_t>(missing),
            .interval = pace.interval,
            .refilled = arrival - missing * pace.interval};
}

/// The bucket that was empty a whole burst before `arrival`, where the time of day is not known.
inline rate_limiter_states::v0::bucket empty_before(time arrival,
                                                    rate_limiter_states::v0::limit const& limit) noexcept {
    pace const pace(limit);
    std::int64_t when = 0;
    if (__builtin_sub_overflow(arrival.time_since_epoch().count(), pace.whole().count(), &when)) return {};
    return {
        .missing = pace.burst, .interval = pace.interval, .refilled = time(std::chrono::nanoseconds(when))};
}

}  // namespace hotswap::plugins
