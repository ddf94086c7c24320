// The session manager's state 1. Frozen: release 1.0.0 wrote it.
#pragma once

#include "shared/sharding.hpp"

#include <hotswap/detail/abi/chrono.hpp>
#include <hotswap/detail/state/schema.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>

namespace hotswap::session_states::v1 {

using time = std::chrono::sys_time<std::chrono::nanoseconds>;

struct config {
    std::chrono::nanoseconds default_timeout = std::chrono::hours{1};
    std::chrono::nanoseconds cleanup_interval = std::chrono::seconds{60};
};

struct session {
    std::string user;
    time expires{};
    std::chrono::nanoseconds lifetime{};  ///< as requested in `open`
};

struct shard {
    /// By token: as handed out, or `sha256:` and 64 hexadecimal digits where only the hash is known.
    std::unordered_map<std::string, session, plugins::text_hash, plugins::text_equal> sessions;
    std::uint64_t opened = 0;
    std::uint64_t ended = 0;
};

struct state {
    static constexpr hotswap::schema schema{"hotswap.session", 1};

    v1::config config;
    time last_cleanup{};
    std::array<shard, plugins::shard_count> shards;
};

}  // namespace hotswap::session_states::v1
