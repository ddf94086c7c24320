// The rate limiter's state 1. Frozen: release 1.0.0 wrote it.
#pragma once

#include "rate_limiter/states/v0.hpp"
#include "shared/sharding.hpp"

#include <hotswap/detail/abi/chrono.hpp>
#include <hotswap/detail/state/schema.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

namespace hotswap::rate_limiter_states::v1 {

using time = std::chrono::sys_time<std::chrono::nanoseconds>;

using v0::bucket;
using v0::limit;

struct config {
    limit client;
    std::optional<limit> global;
};

struct client {
    v0::bucket bucket;
    std::uint64_t violations = 0;  ///< refusals since the bucket was last found full by a cleanup
};

struct shard {
    std::unordered_map<std::string, client, plugins::text_hash, plugins::text_equal> clients;
    std::uint64_t admitted = 0;
    std::uint64_t refused = 0;
};

struct state {
    static constexpr hotswap::schema schema{"hotswap.rate_limiter", 1};

    v1::config config;
    bucket global;  ///< unused without config.global
    time last_cleanup{};
    std::array<shard, plugins::shard_count> shards;
};

}  // namespace hotswap::rate_limiter_states::v1
