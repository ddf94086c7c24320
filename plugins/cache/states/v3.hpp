// The cache's state 3. Frozen: release 3.0.0 wrote it.
#pragma once

#include "cache/states/v2.hpp"

#include <hotswap/detail/abi/chrono.hpp>
#include <hotswap/detail/state/schema.hpp>
#include <hotswap/table.hpp>

#include <array>
#include <cstdint>
#include <string>

namespace hotswap::cache_states::v3 {

using v2::amount;
using v2::ghost;
using v2::salt;
using v2::time;

struct config {
    std::uint64_t max_entries = 10'000;
    std::uint64_t byte_budget = std::uint64_t{64} << 20U;
    std::chrono::nanoseconds default_ttl = std::chrono::seconds{300};
    std::chrono::nanoseconds cleanup_interval = std::chrono::seconds{60};
    std::chrono::nanoseconds default_stale_for{0};
    std::chrono::nanoseconds negative_ttl = std::chrono::seconds{10};
    std::chrono::nanoseconds lease_time = std::chrono::seconds{10};
};

/// One of 16 stripes of counts.
struct counts {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::uint64_t evictions = 0;
    std::uint64_t expirations = 0;
    std::uint64_t stale_hits = 0;
    std::uint64_t negative_hits = 0;
    std::uint64_t coalesced = 0;
    std::uint64_t disk_hits = 0;
    std::uint64_t disk_writes = 0;
    std::uint64_t disk_evictions = 0;
    std::uint64_t disk_errors = 0;
};

struct row {
    std::string value;
    time expires{};
    time stale_until{};      ///< at least `expires`
    std::uint64_t used = 0;  ///< the state's `clock` at the last use
    std::uint8_t hits = 0;   ///< at most 15; goes along when the key is evicted and comes back
    bool negative = false;   ///< remembers that there is no value
};

/// The right to load a key, until `fill`, `abandon`, `erase` or the time.
struct lease {
    std::uint64_t number = 0;
    time until{};
};

struct state {
    static constexpr hotswap::schema schema{"hotswap.cache", 3};

    v3::config config;
    hotswap::table<std::string, row, hotswap::seeded_hash> entries;
    hotswap::table<std::uint64_t, ghost> ghosts;
    hotswap::table<std::string, lease, hotswap::seeded_hash> leases;
    amount held;      ///< all rows of `entries`
    amount negative;  ///< of these, the negative ones
    amount leased;    ///< the rows of `leases`
    std::uint64_t ghosts_held = 0;
    v3::salt salt;
    std::uint64_t clock = 0;  ///< the number of values stored so far
    std::uint64_t leases_given = 0;
    /// Compared with that of a file on disk: 0 in a new state, 1 if the cache was changed without its tier on disk.
    std::uint64_t disk_epoch = 0;
    std::uint64_t disk_rows = 0;  ///< in that file
    std::array<v3::counts, 16> counts;
};

}  // namespace hotswap::cache_states::v3
