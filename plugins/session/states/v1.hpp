// The session manager's state 1. Frozen: release 1.0.0 wrote it.
#pragma once

#include "session/states/v0.hpp"
#include "shared/striped.hpp"

#include <hotswap/detail/abi/chrono.hpp>
#include <hotswap/detail/state/schema.hpp>
#include <hotswap/table.hpp>

#include <array>
#include <cstdint>
#include <string>

namespace hotswap::session_states::v1 {

using v0::secret;
using v0::time;
using v0::token;
using v0::user_index;

struct config {
    std::chrono::nanoseconds default_timeout = std::chrono::hours{1};
    std::chrono::nanoseconds cleanup_interval = std::chrono::seconds{60};
};

/// What the threads of one stripe counted. Release 1 displaces and revokes no session; later ones do.
struct counts {
    std::uint64_t opened = 0;
    std::uint64_t refused = 0;
    std::uint64_t found = 0;
    std::uint64_t missed = 0;
    std::uint64_t closed = 0;
    std::uint64_t expired = 0;
    std::uint64_t displaced = 0;
    std::uint64_t revoked = 0;
};

struct session {
    std::string user;
    time expires{};
    std::chrono::nanoseconds lifetime{};  ///< as requested in `open`
};

struct state {
    static constexpr hotswap::schema schema{"hotswap.session", 1};

    v1::config config;
    secret key{};
    std::array<v1::counts, plugins::stripe_count> counts{};
    hotswap::table<token, session> sessions;
    user_index users;
};

}  // namespace hotswap::session_states::v1
