// The contract "hotswap.session": finds the user of a token.
#pragma once

#include <hotswap/contract.hpp>
#include <hotswap/detail/abi/chrono.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::contracts {

/// The facts about a live session.
struct session_info {
    std::string user{};
    std::chrono::sys_time<std::chrono::nanoseconds> expires{};  ///< as of now; later releases renew on use

    friend bool operator==(session_info const&, session_info const&) = default;
};

/// The settings. A field that is empty in `configure` leaves its setting unchanged; empty when read: no such
/// setting.
struct session_settings {
    std::optional<std::chrono::nanoseconds> default_timeout{};   ///< from release 1 on; 1 ms to 10 years
    std::optional<std::chrono::nanoseconds> cleanup_interval{};  ///< from release 1 on; 1 s to 1 day
    std::optional<std::uint32_t> per_user_limit{};               ///< from release 2 on; 0: no limit

    friend bool operator==(session_settings const&, session_settings const&) = default;
};

/// Counts that swaps keep and that never decrease, except in a swap down to release 0, which drops them.
struct session_statistics {
    std::uint64_t live = 0;    ///< sessions held now, those not yet cleaned up included (a gauge)
    std::uint64_t opened = 0;  ///< 0 under release 0, which does not count
    std::uint64_t ended = 0;   ///< closed, expired or displaced; 0 under release 0, which does not count
};

/// Sessions that expire, each identified by an unguessable token.
/// A token handed out under any release is honoured under every other.
/// Errors:   std::invalid_argument for arguments outside their stated range, and no other exception of their
///           own.
/// Threads:  [any] every method; tokens are spread over shards, each with its own lock.
/// Lifetime: results own their memory; nothing points into the component.
struct session {
    static constexpr hotswap::contract contract{"hotswap.session", 1};

    virtual ~session() = default;

    /// Begins a session of `user` for `ttl` (0: the default); returns its token, 64 hexadecimal digits.
    /// Effects:  from release 2 on, a user at the per-user limit loses the session unused longest.
    /// Errors:   std::invalid_argument for an empty user, for a `ttl` that is negative or above 10 years.
    /// Threads:  [any]
    virtual std::string open(std::string_view user,
                             std::chrono::nanoseconds ttl = std::chrono::nanoseconds::zero()) = 0;

    /// The live session of `token`, or nothing if it is unknown, closed or expired.
    /// Effects:  from release 2 on, use renews the session for another `ttl`.
    /// Threads:  [any]
    /// Cost:     one shard lock and one lookup; from release 2 on also one SHA-256.
    virtual std::optional<session_info> find(std::string_view token) = 0;

    /// As `find` for each of `tokens`, in order, at one reading of the clock.
    /// Threads:  [any]
    virtual std::vector<std::optional<session_info>> find(std::span<std::string_view const> tokens) = 0;

    /// Ends the session of `token`; false if there was no live one.
    /// Threads:  [any]
    virtual bool close(std::string_view token) = 0;

    /// Sets the given fields; live sessions keep the lifetime that they were opened with.
    /// Errors:   std::invalid_argument, with nothing changed, for a value out of range or a setting that this
    ///           release does not have.
    /// Threads:  [any]
    virtual void configure(session_settings const& wanted) = 0;

    /// The current settings; those that this release does not have are empty.
    /// Threads:  [any]
    virtual session_settings current_settings() = 0;

    /// The counts, summed over the shards.
    /// Threads:  [any]
    virtual session_statistics stats() = 0;
};

}  // namespace hotswap::contracts
