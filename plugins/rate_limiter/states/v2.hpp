// The rate limiter's state 2. Frozen: release 2.0.0 wrote it.
#pragma once

#include "rate_limiter/states/v1.hpp"
#include "shared/sharding.hpp"

#include <hotswap/detail/abi/chrono.hpp>
#include <hotswap/detail/state/schema.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>

namespace hotswap::rate_limiter_states::v2 {

using time = std::chrono::sys_time<std::chrono::nanoseconds>;

using v1::config;
using v1::limit;

struct client {
    time arrival{};                ///< the theoretical arrival time: when the burst is whole again
    std::uint64_t violations = 0;  ///< refusals since the burst was last found whole by a cleanup
};

struct shard {
    std::unordered_map<std::string, client, plugins::text_hash, plugins::text_equal> clients;
    std::uint64_t admitted = 0;
    std::uint64_t refused = 0;
};

struct state {
    static constexpr hotswap::schema schema{"hotswap.rate_limiter", 2};

    v1::config config;
    time global{};  ///< the theoretical arrival time over all clients
    time last_cleanup{};
    std::array<shard, plugins::shard_count> shards;
};

}  // namespace hotswap::rate_limiter_states::v2
