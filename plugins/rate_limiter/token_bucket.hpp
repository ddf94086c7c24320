// The token bucket of releases 0.1.0 and 1.0.0, in whole tokens: rounding errors do not add up.
#pragma once

#include "rate_limiter/pace.hpp"
#include "rate_limiter/states/v0.hpp"
#include "shared/clock.hpp"

#include <algorithm>
#include <cstdint>

namespace hotswap::plugins {

using token_bucket = rate_limiter_states::v0::bucket;

/// The bucket of a client not seen before.
inline token_bucket full_bucket(pace const& pace, time now) noexcept {
    return {.tokens = pace.burst, .refilled = now};
}

/// Credits the tokens that came in up to `now`; `refilled` moves by whole tokens: no fraction is lost.
inline void refill(token_bucket& bucket, pace const& pace, time now) noexcept {
    if (bucket.refilled > now) bucket.refilled = now;  // the clock stepped back
    auto const missing = static_cast<std::int64_t>(pace.burst) - static_cast<std::int64_t>(bucket.tokens);
    auto const came = (now - bucket.refilled) / pace.interval;
    if (came >= missing) {
        bucket = full_bucket(pace, now);
    } else {
        bucket.tokens += static_cast<std::uint32_t>(came);
        bucket.refilled += came * pace.interval;
    }
}

/// Whether a bucket says no more than a missing one.
inline bool is_full(token_bucket bucket, pace const& pace, time now) noexcept {
    refill(bucket, pace, now);
    return bucket.tokens == pace.burst;
}

/// The verdict on taking `cost` tokens from a bucket refilled up to `now`, before anything is taken.
inline contracts::rate_verdict judge(token_bucket const& bucket, pace const& pace, std::uint32_t cost,
                                     time now) noexcept {
    if (cost <= bucket.tokens) return {.allowed = true, .remaining = bucket.tokens - cost};
    if (cost > pace.burst) return never(bucket.tokens);
    auto const when = bucket.refilled + std::int64_t{cost - bucket.tokens} * pace.interval;
    return {.allowed = false, .remaining = bucket.tokens, .retry_after = when - now};
}

/// Converts a bucket to other limits: remaining tokens stay, cut to the new burst; a full bucket stays full.
inline void rescale(token_bucket& bucket, pace const& from, pace const& to, time now) noexcept {
    refill(bucket, from, now);
    if (bucket.tokens >= from.burst)
        bucket = full_bucket(to, now);
    else
        bucket = {.tokens = std::min(bucket.tokens, to.burst), .refilled = now};
}

}  // namespace hotswap::plugins
