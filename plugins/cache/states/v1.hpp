// The cache's state 1. Frozen: release 1.0.0 wrote it.
#pragma once

#include "cache/states/v0.hpp"

#include <hotswap/detail/abi/chrono.hpp>
#include <hotswap/detail/state/schema.hpp>
#include <hotswap/table.hpp>

#include <array>
#include <cstdint>
#include <string>

namespace hotswap::cache_states::v1 {

using v0::amount;
using v0::time;

struct config {
    std::uint64_t max_entries = 10'000;
    std::chrono::nanoseconds default_ttl = std::chrono::seconds{300};
    std::chrono::nanoseconds cleanup_interval = std::chrono::seconds{60};
};

/// One of 16 stripes of counts.
struct counts {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::uint64_t evictions = 0;
    std::uint64_t expirations = 0;
};

struct row {
    std::string value;
    time expires{};
    std::uint64_t used = 0;  ///< the state's `clock` at the last use
};

struct state {
    static constexpr hotswap::schema schema{"hotswap.cache", 1};

    v1::config config;
    hotswap::table<std::string, row, hotswap::seeded_hash> entries;
    amount held;
    std::uint64_t clock = 0;  ///< the number of values stored so far
    std::array<v1::counts, 16> counts;
};

}  // namespace hotswap::cache_states::v1
