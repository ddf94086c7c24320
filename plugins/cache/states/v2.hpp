// The cache's state 2. Frozen: release 2.0.0 wrote it.
#pragma once

#include "cache/states/v1.hpp"

#include <hotswap/detail/abi/chrono.hpp>
#include <hotswap/detail/state/schema.hpp>
#include <hotswap/table.hpp>

#include <array>
#include <cstdint>
#include <string>

namespace hotswap::cache_states::v2 {

using v1::amount;
using v1::counts;
using v1::time;

struct config {
    std::uint64_t max_entries = 10'000;
    std::uint64_t byte_budget = std::uint64_t{64} << 20U;
    std::chrono::nanoseconds default_ttl = std::chrono::seconds{300};
    std::chrono::nanoseconds cleanup_interval = std::chrono::seconds{60};
};

struct row {
    std::string value;
    time expires{};
    std::uint64_t used = 0;  ///< the state's `clock` at the last use
    std::uint8_t hits = 0;   ///< at most 15; goes along when the key is evicted and comes back
};

/// A key that was evicted, by its hash.
struct ghost {
    std::uint64_t used = 0;
    std::uint8_t hits = 0;
};

/// Of the ghosts' hash: random, so that no choice of keys makes their table slow.
struct salt {
    std::uint64_t first = 0;
    std::uint64_t second = 0;
};

struct state {
    static constexpr hotswap::schema schema{"hotswap.cache", 2};

    v2::config config;
    hotswap::table<std::string, row, hotswap::seeded_hash> entries;
    hotswap::table<std::uint64_t, ghost> ghosts;
    amount held;
    std::uint64_t ghosts_held = 0;
    v2::salt salt;
    std::uint64_t clock = 0;  ///< the number of values stored so far
    std::array<v2::counts, 16> counts;
};

}  // namespace hotswap::cache_states::v2
