// A limit in the form that all releases use to compute.
#pragma once

#include "rate_limiter/states/v0.hpp"

#include <hotswap/contracts/rate_limiter.hpp>
#include <hotswap/detail/abi/chrono.hpp>

#include <cstdint>
#include <stdexcept>

namespace hotswap::plugins {

/// A limit as the time that one token takes to refill, rounded up: rounding never admits more.
struct pace {
    std::chrono::nanoseconds interval{};
    std::uint32_t burst = 0;

    pace() = default;
    constexpr explicit pace(rate_limiter_states::v0::limit const& limit) noexcept
        : interval((limit.per.count() + limit.tokens - 1) / limit.tokens), burst(limit.burst) {}

    /// The time in which an empty burst refills.
    constexpr std::chrono::nanoseconds whole() const noexcept { return interval * std::int64_t{burst}; }
};

/// Throws unless `limit` is in the contract's range.
/// Errors:   std::invalid_argument that names the part out of range.
inline void check_limit(rate_limiter_states::v0::limit const& limit) {
    constexpr std::chrono::nanoseconds year = std::chrono::hours{24} * 365;
    if (limit.tokens == 0 || limit.burst == 0)
        throw std::invalid_argument("a rate limit has at least 1 token and a burst of at least 1, not 0");
    if (limit.per.count() < limit.tokens)
        throw std::invalid_argument("a rate limit refills at most 1 token per ns");
    if (limit.per > year || pace(limit).interval > year / std::int64_t{limit.burst})
        throw std::invalid_argument("a rate limit's burst takes at most 365 days to refill");
}

/// The contract's limit as a state keeps it.
constexpr rate_limiter_states::v0::limit stored(contracts::rate_limit const& limit) noexcept {
    return {.tokens = limit.tokens, .per = limit.per, .burst = limit.burst};
}

/// A state's limit as the contract shows it.
constexpr contracts::rate_limit shown(rate_limiter_states::v0::limit const& limit) noexcept {
    return {.tokens = limit.tokens, .per = limit.per, .burst = limit.burst};
}

/// The verdict on a cost that exceeds the burst: waiting does not help.
constexpr contracts::rate_verdict never(std::uint32_t remaining) noexcept {
    return {.allowed = false, .remaining = remaining, .retry_after = std::chrono::nanoseconds::max()};
}

}  // namespace hotswap::plugins
