// The session manager's state 2. Frozen: release 2.0.0 wrote it.
#pragma once

#include "session/states/v1.hpp"

#include <hotswap/detail/abi/chrono.hpp>
#include <hotswap/detail/state/schema.hpp>
#include <hotswap/table.hpp>

#include <array>
#include <cstdint>
#include <string>

namespace hotswap::session_states::v2 {

using v0::secret;
using v0::time;
using v0::token_hash;
using v0::user_index;
using v1::counts;

struct config {
    std::chrono::nanoseconds default_timeout = std::chrono::hours{1};
    std::chrono::nanoseconds cleanup_interval = std::chrono::seconds{60};
    std::uint32_t per_user_limit = 1024;
};

struct session {
    std::string user;
    time opened{};
    time expires{};
    std::chrono::nanoseconds lifetime{};  ///< each use renews the session for this time
    time last_seen{};
};

struct state {
    static constexpr hotswap::schema schema{"hotswap.session", 2};

    v2::config config;
    secret key{};
    std::array<v2::counts, plugins::stripe_count> counts{};
    hotswap::table<token_hash, session> sessions;
    user_index users;
};

}  // namespace hotswap::session_states::v2
