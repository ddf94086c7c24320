// The contract "hotswap.rate_limiter": decides whether a client may act now.
#pragma once

#include <hotswap/contract.hpp>
#include <hotswap/detail/abi/chrono.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace hotswap::contracts {

/// A rate, and the burst by which a client may exceed it for a moment. An empty burst must refill within a
/// year.
struct rate_limit {
    std::uint32_t tokens = 100;                              ///< refilled in each `per`; at least 1
    std::chrono::nanoseconds per = std::chrono::seconds{1};  ///< at least 1 ns per token
    std::uint32_t burst = 100;                               ///< of a client not seen before; at least 1

    friend bool operator==(rate_limit const&, rate_limit const&) = default;
};

/// The limits: one for each client and, optionally, one for all clients together.
struct rate_limits {
    rate_limit client{};
    std::optional<rate_limit> global{};  ///< empty: no limit over all clients

    friend bool operator==(rate_limits const&, rate_limits const&) = default;
};

/// One question of a batch.
struct rate_request {
    std::string_view client{};
    std::uint32_t cost = 1;  ///< in tokens
};

/// The answer to one question.
struct rate_verdict {
    bool allowed = false;
    std::uint32_t remaining = 0;              ///< whole tokens that the client has left
    std::chrono::nanoseconds retry_after{0};  ///< 0 if allowed; max() if the cost exceeds the burst

    friend bool operator==(rate_verdict const&, rate_verdict const&) = default;
};

/// Counts that swaps keep and that never decrease, except in a swap down to release 0, which drops them.
struct rate_statistics {
    std::uint64_t clients = 0;   ///< clients remembered now (a gauge)
    std::uint64_t admitted = 0;  ///< 0 under release 0, which does not count
    std::uint64_t refused = 0;   ///< 0 under release 0, which does not count
};

/// A limiter that gives every client a number of tokens, refilled at a steady rate up to a burst.
/// Errors:   std::invalid_argument for arguments outside their stated range, and no other exception of their
///           own.
/// Threads:  [any] every method; clients are spread over shards, each with its own lock.
/// Lifetime: verdicts and limits are values; nothing returned points into the component.
struct rate_limiter {
    static constexpr hotswap::contract contract{"hotswap.rate_limiter", 1};

    virtual ~rate_limiter() = default;

    /// Takes `cost` tokens from `client` if it has them; a cost of 0 only checks.
    /// Effects:  a refusal takes nothing, neither from the client nor from the global limit.
    /// Threads:  [any]
    /// Cost:     one shard lock and one lookup; allocates only for a client not seen before.
    virtual rate_verdict admit(std::string_view client, std::uint32_t cost = 1) = 0;

    /// Judges `requests` in order, each as `admit` would, at one reading of the clock.
    /// Errors:   std::invalid_argument, with nothing judged, unless both spans have the same size.
    /// Threads:  [any]
    virtual void admit(std::span<rate_request const> requests, std::span<rate_verdict> verdicts) = 0;

    /// Replaces the limits; keeps each client's remaining tokens, cut to the new burst; a full burst stays
    /// full.
    /// Errors:   std::invalid_argument, with nothing changed, for a limit out of range, or for a global limit
    ///           under release 0, which has none.
    /// Threads:  [any]
    /// Cost:     takes all shard locks.
    virtual void configure(rate_limits const& wanted) = 0;

    /// The current limits.
    /// Threads:  [any]
    virtual rate_limits current_limits() = 0;

    /// The counts, summed over the shards.
    /// Threads:  [any]
    virtual rate_statistics stats() = 0;
};

}  // namespace hotswap::contracts
