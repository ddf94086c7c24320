// The contract "hotswap.cache": keeps values for a limited time.
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

/// One entry of a batch; the views need to live only during the call.
struct cache_entry {
    std::string_view key{};
    std::string_view value{};
    std::chrono::nanoseconds ttl{0};  ///< 0: the default; at most 10 years
};

/// The settings. A field that is empty in `configure` leaves its setting unchanged; empty when read: no such
/// setting.
struct cache_settings {
    std::optional<std::uint64_t> max_entries{};                  ///< from release 1 on; at least 16
    std::optional<std::chrono::nanoseconds> default_ttl{};       ///< from release 1 on; 1 ms to 10 years
    std::optional<std::chrono::nanoseconds> cleanup_interval{};  ///< from release 1 on; 1 s to 1 day
    std::optional<std::uint64_t> byte_budget{};                  ///< from release 2 on; at least 64 KiB

    friend bool operator==(cache_settings const&, cache_settings const&) = default;
};

/// Counts that swaps keep and that never decrease, except in a swap down to release 0, which drops them.
struct cache_statistics {
    std::uint64_t entries = 0;    ///< held now, those not yet cleaned up included (a gauge)
    std::uint64_t bytes = 0;      ///< of keys and values held now (a gauge)
    std::uint64_t hits = 0;       ///< 0 under release 0, which does not count
    std::uint64_t misses = 0;     ///< 0 under release 0, which does not count
    std::uint64_t evictions = 0;  ///< entries evicted to stay within bounds; 0 under release 0
};

/// A bounded map from keys to values that expire; it may evict any entry to stay within its bounds.
/// Errors:   std::invalid_argument for arguments outside their stated range, and no other exception of their
///           own.
/// Threads:  [any] every method; keys are spread over shards, each with its own lock.
/// Lifetime: results own their memory; nothing points into the component.
struct cache {
    static constexpr hotswap::contract contract{"hotswap.cache", 1};

    virtual ~cache() = default;

    /// The value of `key`, or nothing if it is unknown, expired or was evicted.
    /// Threads:  [any]
    /// Cost:     one shard lock, one lookup, one copy of the value.
    virtual std::optional<std::string> get(std::string_view key) = 0;

    /// As `get` for each of `keys`, in order, at one reading of the clock.
    /// Threads:  [any]
    virtual std::vector<std::optional<std::string>> get(std::span<std::string_view const> keys) = 0;

    /// Stores `value` under `key`, in place of the old value, for `ttl` (0: the default).
    /// Effects:  may evict others; a value too large for the bounds is not kept, and the old value is
    ///           removed.
    /// Errors:   std::invalid_argument for a `ttl` that is negative or above 10 years.
    /// Threads:  [any]
    virtual void put(std::string_view key, std::string_view value,
                     std::chrono::nanoseconds ttl = std::chrono::nanoseconds::zero()) = 0;

    /// As `put` for each of `entries`, in order, at one reading of the clock.
    /// Errors:   std::invalid_argument, with nothing stored, if any `ttl` is out of range.
    /// Threads:  [any]
    virtual void put(std::span<cache_entry const> entries) = 0;

    /// Forgets `key`; false if there was no live entry.
    /// Threads:  [any]
    virtual bool erase(std::string_view key) = 0;

    /// Sets the given fields; evicts entries that no longer fit.
    /// Errors:   std::invalid_argument, with nothing changed, for a value out of range or a setting that this
    ///           release does not have.
    /// Threads:  [any]
    virtual void configure(cache_settings const& wanted) = 0;

    /// The current settings; those that this release does not have are empty.
    /// Threads:  [any]
    virtual cache_settings current_settings() = 0;

    /// The counts, summed over the shards.
    /// Threads:  [any]
    virtual cache_statistics stats() = 0;
};

}  // namespace hotswap::contracts
