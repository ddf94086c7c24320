// The rate limiter's legacy state. Frozen: release 0.1.0 wrote it.
#pragma once

#include <hotswap/detail/abi/chrono.hpp>

#include "shared/sharding.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>

namespace hotswap::rate_limiter_states::v0 {

using time = std::chrono::sys_time<std::chrono::nanoseconds>;

struct limit {
    std::uint32_t tokens = 100;
    std::chrono::nanoseconds per = std::chrono::seconds{1};
    std::uint32_t burst = 100;
};

/// `tokens` whole tokens as of `refilled`.
struct bucket {
    std::uint32_t tokens = 0;
    time refilled{};
};

/// Before versioning: the buckets, and the one limit that fills them.
struct state {
    limit client;
    std::array<std::unordered_map<std::string, bucket, plugins::text_hash, plugins::text_equal>,
               plugins::shard_count>
        shards;
};

}  // namespace hotswap::rate_limiter_states::v0
