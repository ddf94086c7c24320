// The cache's state 2. Frozen: release 2.0.0 wrote it.
#pragma once

#include "cache/states/v1.hpp"
#include "shared/sharding.hpp"

#include <hotswap/detail/abi/chrono.hpp>
#include <hotswap/detail/state/schema.hpp>

#include <array>
#include <cstdint>
#include <list>
#include <string>

namespace hotswap::cache_states::v2 {

using time = std::chrono::sys_time<std::chrono::nanoseconds>;
using v1::counts;

struct config {
    std::uint64_t max_entries = 10'000;
    std::uint64_t byte_budget = std::uint64_t{64} << 20U;
    std::chrono::nanoseconds default_ttl = std::chrono::seconds{300};
    std::chrono::nanoseconds cleanup_interval = std::chrono::seconds{60};
};

struct entry {
    std::string key;
    std::string value;
    time expires{};
    std::uint64_t hits = 0;   ///< since the entry was stored
    std::uint64_t cost = 0;   ///< bytes charged against the budget
    std::uint8_t recent = 0;  ///< hits that its queue has not yet used up, at most 3
};

/// The three queues of S3-FIFO, the newest first; no key in two of them.
struct shard {
    std::list<entry> small;
    std::list<entry> main;
    std::list<std::uint64_t> ghosts;  ///< hashes of keys evicted from `small`
    v1::counts counts;
};

struct state {
    static constexpr hotswap::schema schema{"hotswap.cache", 2};

    v2::config config;
    time last_cleanup{};
    std::array<shard, plugins::shard_count> shards;
};

}  // namespace hotswap::cache_states::v2
