// The cache's state 1. Frozen: release 1.0.0 wrote it.
#pragma once

#include "shared/sharding.hpp"

#include <hotswap/detail/abi/chrono.hpp>
#include <hotswap/detail/state/schema.hpp>

#include <array>
#include <cstdint>
#include <list>
#include <string>

namespace hotswap::cache_states::v1 {

using time = std::chrono::sys_time<std::chrono::nanoseconds>;

struct config {
    std::uint64_t max_entries = 10'000;
    std::chrono::nanoseconds default_ttl = std::chrono::seconds{300};
    std::chrono::nanoseconds cleanup_interval = std::chrono::seconds{60};
};

struct counts {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::uint64_t evictions = 0;
};

struct entry {
    std::string key;
    std::string value;
    time expires{};
};

struct shard {
    std::list<entry> entries;  ///< the most recently used first; no key twice
    v1::counts counts;
};

struct state {
    static constexpr hotswap::schema schema{"hotswap.cache", 1};

    v1::config config;
    time last_cleanup{};
    std::array<shard, plugins::shard_count> shards;
};

}  // namespace hotswap::cache_states::v1
