// The cache's legacy state. Frozen: release 0.1.0 wrote it.
#pragma once

#include <hotswap/detail/abi/chrono.hpp>

#include "shared/sharding.hpp"

#include <array>
#include <functional>
#include <map>
#include <string>

namespace hotswap::cache_states::v0 {

using time = std::chrono::sys_time<std::chrono::nanoseconds>;

struct entry {
    std::string value;
    time expires{};
};

using shard = std::map<std::string, entry, std::less<>>;

/// Before versioning: keys and values.
struct state {
    std::array<shard, plugins::shard_count> shards;
};

}  // namespace hotswap::cache_states::v0
