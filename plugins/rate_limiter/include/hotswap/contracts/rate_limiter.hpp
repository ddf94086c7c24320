// The contract "hotswap.rate_limiter": decides whether a client may act now.
#pragma once

#include <hotswap/contract.hpp>
#include <hotswap/contracts/values.hpp>
#include <hotswap/detail/abi/chrono.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::contracts {

/// A rate, and the burst by which a client may exceed it for a moment. An empty burst must refill within a
/// year.
struct rate_limit {
    std::uint32_t tokens = 100;                              ///< refilled in each `per`; at least 1
    std::chrono::nanoseconds per = std::chrono::seconds{1};  ///< at least 1 ns per token
    std::uint32_t burst = 100;                               ///< of a client not seen before; at least 1

    friend bool operator==(rate_limit const&, rate_limit const&) = default;
};

/// Blocks a client that goes on beyond its limit. A refusal by the client's own limit is a violation; a
/// refusal by the limit over all clients, or while the client is blocked, is none.
struct rate_penalty {
    std::uint32_t violations = 100;  ///< so many begin a block; 1 to a million
    /// After each, one violation is forgotten; 1 ns to a day.
    std::chrono::nanoseconds decay = std::chrono::seconds{10};
    std::chrono::nanoseconds block = std::chrono::minutes{1};  ///< its length; 1 ns to 365 days

    friend bool operator==(rate_penalty const&, rate_penalty const&) = default;
};

/// A limit for one client, or for all whose names begin with a prefix: each of these has a burst of its own.
struct rate_plan {
    std::string client{};  ///< 1 to `longest_client` bytes
    bool prefix = false;   ///< the name of a client itself wins over every prefix, then the longest prefix
    rate_limit limit{};
    std::optional<rate_penalty> penalty{};  ///< empty: none

    friend bool operator==(rate_plan const&, rate_plan const&) = default;
};

/// The settings: a limit for each client and, optionally, one for all clients together, penalties and plans.
struct rate_settings {
    rate_limit client{};                    ///< of a client without a plan
    std::optional<rate_limit> global{};     ///< over all clients together; from release 1 on
    std::optional<rate_penalty> penalty{};  ///< of a client without a plan; from release 3 on
    std::vector<rate_plan> plans{};         ///< up to `most_plans`, in any order; from release 3 on

    friend bool operator==(rate_settings const&, rate_settings const&) = default;
};

/// One question of a batch.
struct rate_request {
    std::string_view client{};
    std::uint32_t cost = 1;  ///< in tokens
};

/// The answer to one question.
struct rate_verdict {
    bool allowed = false;
    std::uint32_t remaining = 0;  ///< whole tokens that the client has left; 0 while it is blocked
    std::chrono::nanoseconds retry_after{0};  ///< 0 if allowed; max() if the cost exceeds the burst
    std::chrono::nanoseconds reset_after{0};  ///< until the burst is whole again, and no block lasts

    friend bool operator==(rate_verdict const&, rate_verdict const&) = default;
};

/// Counts that swaps keep and that never decrease, except in a swap down to a release that does not count
/// them, which drops them: release 0 counts nothing, and only release 3 has penalties.
struct rate_statistics {
    std::uint64_t clients = 0;   ///< clients remembered now (a gauge)
    std::uint64_t admitted = 0;  ///< requests
    std::uint64_t refused = 0;   ///< requests, for any reason
    /// Those of `refused` for which the client had tokens, but the limit over all clients had none.
    std::uint64_t refused_by_all = 0;
    std::uint64_t penalties = 0;  ///< blocks begun
    std::uint64_t forgotten = 0;  ///< idle clients forgotten

    friend bool operator==(rate_statistics const&, rate_statistics const&) = default;
};

/// A limiter that gives every client a number of tokens, refilled at a steady rate up to a burst. A client
/// is forgotten some time after it has been idle for a minute: its burst is whole, no violation counts and no
/// block lasts. By the settings of that moment this changes no verdict, even if the clock then steps back by
/// less than a minute.
/// Errors:   std::invalid_argument for arguments outside their stated range, with nothing done; and no
///           other exception of their own.
/// Threads:  [any] every method.
/// Lifetime: verdicts and settings are values; nothing returned points into the component.
/// Cost:     at ten million clients 79 bytes of memory for each, with names of up to 15 bytes (release 3);
///           between 75 and 92 in all releases, and the bytes of a longer name.
struct rate_limiter {
    static constexpr hotswap::contract contract{"hotswap.rate_limiter", 1};

    static constexpr std::size_t longest_client = 256;  ///< bytes of a client's name, which may be empty
    static constexpr std::size_t largest_batch = 1024;  ///< requests
    static constexpr std::size_t most_plans = 1024;

    virtual ~rate_limiter() = default;

    /// Takes `cost` tokens from `client` if it has them; a cost of 0 only looks at the client's own limit.
    /// Effects:  a refusal takes nothing, neither from the client nor from the global limit.
    /// Threads:  [any]
    /// Cost:     one lookup under one shard's lock; allocates only for a client not seen before. With
    ///           plans, two binary searches, or one more for each plan that shares its begin with the name
    ///           but does not fit.
    virtual rate_verdict acquire(std::string_view client, std::uint32_t cost = 1) = 0;

    /// Judges `requests` in order, each as `acquire` would, at one reading of the clock and by the same
    /// settings.
    /// Errors:   std::invalid_argument, with nothing judged, unless both spans have the same size, up to
    ///           `largest_batch`.
    /// Threads:  [any]
    virtual void acquire(std::span<rate_request const> requests, std::span<rate_verdict> verdicts) = 0;

    /// Replaces all settings, whole or not at all, and logs the old and the new ones in one line (level
    /// info).
    /// Effects:  each client keeps the time at which its burst would be whole, at most a whole new burst
    ///           away: a whole burst stays whole. A block ends after `block` of the new penalty at the
    ///           latest, or at once without one.
    /// Errors:   std::invalid_argument, with nothing changed, for a setting out of range, two plans of the
    ///           same name, or a setting that this release does not have.
    /// Threads:  [any]
    /// Cost:     linear in the number of plans, whatever the number of clients.
    virtual void configure(rate_settings const& wanted) = 0;

    /// Changes the settings that are named, as above; the others stay. Names are client_tokens, client_per,
    /// client_burst, global_tokens (0: no global limit), global_per, global_burst, penalty_violations (0:
    /// no penalty), penalty_decay and penalty_block. Plans have no form as text; set them by
    /// `configure(rate_settings const&)`.
    /// Errors:   as above, for an unknown name, whose message lists this release's, and for a text that is
    ///           no value.
    /// Threads:  [any]
    virtual void configure(std::span<setting const> wanted) = 0;

    /// The current settings; plans are sorted by name, those of single clients first.
    /// Threads:  [any]
    virtual rate_settings current_settings() = 0;

    /// The counts, summed over all threads.
    /// Threads:  [any]
    virtual rate_statistics stats() = 0;

    /// The same counts under the names for Prometheus, "hotswap_rate_limiter_admitted_total"; only those
    /// that this release has.
    /// Threads:  [any]
    virtual std::vector<metric> metrics() = 0;
};

}  // namespace hotswap::contracts
