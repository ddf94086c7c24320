// The session manager's state 2. Frozen: release 2.0.0 wrote it.
#pragma once

#include "shared/sharding.hpp"

#include <hotswap/detail/abi/chrono.hpp>
#include <hotswap/detail/state/schema.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <unordered_map>

namespace hotswap::session_states::v2 {

using time = std::chrono::sys_time<std::chrono::nanoseconds>;

/// The SHA-256 of a token.
using token_hash = std::array<unsigned char, 32>;

/// The table's hash: a SHA-256 is as good as random, so eight bytes of it are enough.
struct token_hash_hash {
    std::size_t operator()(token_hash const& token) const noexcept {
        std::uint64_t bytes = 0;
        std::memcpy(&bytes, token.data(), sizeof bytes);
        return bytes;
    }
};

/// The shard that holds `token`; computed from bits that the table's hash does not use.
constexpr std::size_t shard_of(token_hash const& token) noexcept {
    return token.back() % plugins::shard_count;
}

struct config {
    std::chrono::nanoseconds default_timeout = std::chrono::hours{1};
    std::chrono::nanoseconds cleanup_interval = std::chrono::seconds{60};
    std::uint32_t per_user_limit = 0;  ///< 0: no limit
};

struct session {
    std::string user;
    time expires{};
    std::chrono::nanoseconds lifetime{};  ///< each use renews the session for this time
    time last_seen{};
};

struct shard {
    std::unordered_map<token_hash, session, token_hash_hash> sessions;
    std::uint64_t opened = 0;
    std::uint64_t ended = 0;
};

struct state {
    static constexpr hotswap::schema schema{"hotswap.session", 2};

    v2::config config;
    time last_cleanup{};
    std::array<shard, plugins::shard_count> shards;
};

}  // namespace hotswap::session_states::v2
