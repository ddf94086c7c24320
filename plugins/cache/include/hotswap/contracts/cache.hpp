// The contract "hotswap.cache": keeps values for a limited time.
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

inline constexpr std::size_t longest_cache_key = 4'096;        ///< bytes
inline constexpr std::size_t largest_cache_value = 1'048'576;  ///< bytes
inline constexpr std::size_t largest_cache_batch = 1'000;      ///< keys or entries in one call
inline constexpr std::size_t most_cache_leases = 65'536;       ///< loads at a time
inline constexpr std::uint64_t least_cache_entries = 16;       ///< the smallest `max_entries`
inline constexpr std::uint64_t least_cache_budget = 65'536;    ///< bytes: the smallest `byte_budget`

/// One entry of a batch; the views need to live only during the call.
struct cache_entry {
    std::string_view key{};
    std::string_view value{};
    std::chrono::nanoseconds ttl{0};  ///< 0: the default; at most 10 years
};

/// The settings. A field that is empty in `configure` leaves its setting unchanged; empty when read: no such
/// setting. The names are those for `configure` by name.
struct cache_settings {
    std::optional<std::uint64_t> max_entries{};             ///< from release 1 on; at least 16
    std::optional<std::chrono::nanoseconds> default_ttl{};  ///< from release 1 on; 1 ms to 10 years
    std::optional<std::chrono::nanoseconds>
        cleanup_interval{};                      ///< from release 1 on; 1 s to 1 day: one look at each row
    std::optional<std::uint64_t> byte_budget{};  ///< from release 2 on; at least 64 KiB
    std::optional<std::chrono::nanoseconds> default_stale_for{};  ///< from release 3 on; 0 (off) to 10 years
    std::optional<std::chrono::nanoseconds> negative_ttl{};       ///< from release 3 on; 1 ms to 10 years
    std::optional<std::chrono::nanoseconds> lease_time{};         ///< from release 3 on; 1 ms to 1 h

    friend bool operator==(cache_settings const&, cache_settings const&) = default;
};

/// Counts that swaps keep and that never decrease, except in a swap to a release that does not count them.
struct cache_statistics {
    std::uint64_t entries = 0;  ///< held now, those not yet cleaned up included (a gauge)
    std::uint64_t bytes = 0;    ///< of memory in use now: rows, keys, values, remembered keys (a gauge)
    std::uint64_t hits = 0;     ///< fresh values given out; from release 1 on
    std::uint64_t misses = 0;   ///< from release 1 on
    /// Entries removed from memory to stay within bounds, those that went to disk included; from release 1 on.
    std::uint64_t evictions = 0;
    std::uint64_t expirations = 0;    ///< entries removed because their time was over; from release 1 on
    std::uint64_t stale_hits = 0;     ///< stale values given out; from release 3 on
    std::uint64_t negative_hits = 0;  ///< absences given out; from release 3 on
    std::uint64_t coalesced = 0;      ///< lookups for which another caller was loading; from release 3 on
    std::uint64_t disk_entries = 0;   ///< on disk now (a gauge); these from release 3 on
    std::uint64_t disk_bytes = 0;     ///< of the file on disk in use now (a gauge)
    std::uint64_t disk_hits = 0;      ///< values that came back from disk; hits and stale hits count them too
    std::uint64_t disk_writes = 0;    ///< entries that went from memory to disk
    std::uint64_t disk_evictions = 0;  ///< entries on disk removed, or not taken, to stay within its budget
    std::uint64_t disk_errors = 0;     ///< entries that were damaged on disk, or could not be written

    friend bool operator==(cache_statistics const&, cache_statistics const&) = default;
};

/// What a cache knows of a key.
enum class cache_state : std::uint8_t {
    missing,   ///< nothing
    fresh,     ///< a value within its time to live
    stale,     ///< a value past its time to live, and within its `stale_for`
    negative,  ///< that there is no value to load
};

/// The answer of `lookup`.
struct cache_lookup {
    cache_state state = cache_state::missing;
    std::string value{};      ///< if fresh or stale
    std::uint64_t lease = 0;  ///< not 0: this caller shall load the value, and hand it over with `fill`

    friend bool operator==(cache_lookup const&, cache_lookup const&) = default;
};

/// How `fill` stores a value.
struct cache_fill {
    std::chrono::nanoseconds ttl{0};                      ///< 0: the default; at most 10 years
    std::optional<std::chrono::nanoseconds> stale_for{};  ///< empty: the default; 0 to 10 years
    std::uint64_t lease = 0;                              ///< of `lookup`; 0: stores in any case
};

/// A bounded map from keys to values that expire; it may evict any entry to stay within its bounds.
/// Errors:   std::invalid_argument for arguments outside their stated range, with nothing changed;
///           std::bad_alloc.
/// Threads:  [any] every method; no call waits for another one's load, nor does it work that grows with the
///           number of entries.
/// Lifetime: results own their memory; nothing points into the component.
struct cache {
    static constexpr hotswap::contract contract{"hotswap.cache", 1};

    virtual ~cache() = default;

    /// The value of `key`, or nothing if it is unknown, expired or was evicted.
    /// Threads:  [any]
    /// Cost:     one lock of 256, one lookup, one copy of the value. With a tier on disk (release 3, off by default), a
    ///           key that is not in memory also waits for a mutex and a search on disk.
    virtual std::optional<std::string> get(std::string_view key) = 0;

    /// As `get` for each of `keys`, in order, at one reading of the clock.
    /// Threads:  [any]
    virtual std::vector<std::optional<std::string>> get(std::span<std::string_view const> keys) = 0;

    /// Stores `value` under `key`, in place of the old value, for `ttl` (0: the default).
    /// Effects:  evicts up to 32 others; if the value then still does not fit, later calls evict more: the
    ///           budget is exceeded by one value at most. A value larger than the whole budget is not kept, nor is
    ///           one while a lowered bound is not yet reached; the old value is then removed. A lease of this
    ///           key ends.
    /// Threads:  [any]
    virtual void put(std::string_view key, std::string_view value,
                     std::chrono::nanoseconds ttl = std::chrono::nanoseconds::zero()) = 0;

    /// As `put` for each of `entries`, in order, at one reading of the clock.
    /// Threads:  [any]
    virtual void put(std::span<cache_entry const> entries) = 0;

    /// Forgets `key`; false if there was no live entry.
    /// Effects:  a lease of this key ends: a value that was loaded before this call cannot come back by `fill`.
    /// Threads:  [any]
    virtual bool erase(std::string_view key) = 0;

    /// What the cache knows of `key`, and whether this caller shall load it.
    /// Effects:  if the value is missing or stale, one caller gets a lease for `lease_time`; until that caller
    ///           calls `fill`, `fill_negative` or `abandon`, the others get the stale value, or `missing` with no
    ///           lease: they come back later, or load for themselves.
    /// Errors:   std::invalid_argument before release 3.
    /// Threads:  [any]
    virtual cache_lookup lookup(std::string_view key) = 0;

    /// Stores a value that was loaded; false if the lease has ended meanwhile: then nothing is stored.
    /// Effects:  as `put`; the lease ends.
    /// Errors:   std::invalid_argument before release 3.
    /// Threads:  [any]
    virtual bool fill(std::string_view key, std::string_view value, cache_fill const& how) = 0;

    /// Remembers for `ttl` (0: `negative_ttl`) that there is no value to load; false as `fill`.
    /// Errors:   std::invalid_argument before release 3.
    /// Threads:  [any]
    virtual bool fill_negative(std::string_view key, std::chrono::nanoseconds ttl, std::uint64_t lease) = 0;

    /// Ends a lease whose load has failed: the next `lookup` gets a new one. False if it has ended already.
    /// Errors:   std::invalid_argument before release 3.
    /// Threads:  [any]
    virtual bool abandon(std::string_view key, std::uint64_t lease) = 0;

    /// Sets the given fields; entries that no longer fit are evicted by later calls and by a timer.
    /// Effects:  whole or not at all; a line in the host's log names the old and the new values.
    /// Errors:   std::invalid_argument, with nothing changed, for a value out of range or a setting that this
    ///           release does not have.
    /// Threads:  [any]
    virtual void configure(cache_settings const& wanted) = 0;

    /// As above, by name: {"max_entries", "5000"}, {"default_ttl", "90s"}.
    /// Errors:   std::invalid_argument also for an unknown name, with those that this release has.
    /// Threads:  [any]
    virtual void configure(std::span<setting const> wanted) = 0;

    /// The current settings; those that this release does not have are empty.
    /// Threads:  [any]
    virtual cache_settings current_settings() = 0;

    /// The counts and gauges; those that this release does not have are 0.
    /// Threads:  [any]
    virtual cache_statistics stats() = 0;

    /// The counts and gauges that this release has, under Prometheus names: "hotswap_cache_hits_total".
    /// Threads:  [any]
    virtual std::vector<metric> metrics() = 0;
};

}  // namespace hotswap::contracts
