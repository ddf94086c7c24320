// The migrations between neighbouring versions of the rate limiter's state.
#pragma once

#include "rate_limiter/states/v0.hpp"
#include "rate_limiter/states/v1.hpp"
#include "rate_limiter/states/v2.hpp"

namespace hotswap::rate_limiter_states {

/// Keeps limit and buckets; no global limit, counts from 0.
v1::state upgrade_0_1(v0::state&& old);

/// Keeps limit and buckets.
/// Loses the global limit and its bucket, every client's violations, the counts, the last cleanup's time.
v0::state downgrade_1_0(v1::state&& now);

/// Replaces each bucket by the time at which it is full again: the same verdicts to the nanosecond.
v2::state upgrade_1_2(v1::state&& old);

/// Faithful: an arrival time describes exactly one bucket, which was empty a whole burst earlier.
v1::state downgrade_2_1(v2::state&& now);

}  // namespace hotswap::rate_limiter_states
