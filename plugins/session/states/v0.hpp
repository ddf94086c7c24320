// The session manager's legacy state. Frozen: release 0.1.0 wrote it.
#pragma once

#include <hotswap/detail/abi/chrono.hpp>

#include "shared/sharding.hpp"

#include <array>
#include <string>
#include <unordered_map>

namespace hotswap::session_states::v0 {

using time = std::chrono::sys_time<std::chrono::nanoseconds>;

struct session {
    std::string user;
    time expires{};
};

/// By token: as handed out, or `sha256:` and 64 hexadecimal digits where only the hash is known.
using shard = std::unordered_map<std::string, session, plugins::text_hash, plugins::text_equal>;

/// Before versioning: tokens and their users.
struct state {
    std::array<shard, plugins::shard_count> shards;
};

}  // namespace hotswap::session_states::v0
