// Between the session manager's states 0 and 1.
#pragma once

#include "session/states/v0.hpp"
#include "session/states/v1.hpp"

#include <chrono>
#include <utility>

namespace hotswap::session_states {

/// Keeps tokens, users and expiry; a session counts as opened for 1 h, 0.1.0's default.
inline v1::state upgrade_0_1(v0::state&& old) {
    return {.config = {},
            .key = old.key,
            .counts = {},
            .sessions = std::move(old.sessions).transform([](v0::session&& session) {
                return v1::session{std::move(session.user), session.expires, std::chrono::hours{1}};
            }),
            .users = std::move(old.users)};
}

/// Keeps tokens, users and expiry.
/// Loses the settings (those of 0.1.0 are built in), the counts, and the lifetime of each session.
inline v0::state downgrade_1_0(v1::state&& now) {
    return {.key = now.key,
            .sessions = std::move(now.sessions).transform([](v1::session&& session) {
                return v0::session{std::move(session.user), session.expires};
            }),
            .users = std::move(now.users)};
}

}  // namespace hotswap::session_states
