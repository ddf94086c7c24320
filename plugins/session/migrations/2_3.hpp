// Between the session manager's states 2 and 3.
#pragma once

#include "session/states/v2.hpp"
#include "session/states/v3.hpp"

#include <utility>

namespace hotswap::session_states {

/// Keeps everything; sessions have no absolute end and no attributes.
inline v3::state upgrade_2_3(v2::state&& old) {
    return {.config = {.default_timeout = old.config.default_timeout,
                       .cleanup_interval = old.config.cleanup_interval,
                       .per_user_limit = old.config.per_user_limit,
                       .absolute_timeout = {}},
            .key = old.key,
            .counts = old.counts,
            .sessions = std::move(old.sessions).transform([](v2::session&& session) {
                return v3::session{.user = std::move(session.user),
                                   .opened = session.opened,
                                   .expires = session.expires,
                                   .lifetime = session.lifetime,
                                   .last_seen = session.last_seen,
                                   .ends = v3::time::max(),
                                   .attributes = {}};
            }),
            .users = std::move(old.users)};
}

/// Keeps tokens, users, times and counts, and the settings of version 2.
/// Loses attributes and absolute ends: use renews a session without end, until release 3 opens another.
inline v2::state downgrade_3_2(v3::state&& now) {
    return {.config = {.default_timeout = now.config.default_timeout,
                       .cleanup_interval = now.config.cleanup_interval,
                       .per_user_limit = now.config.per_user_limit},
            .key = now.key,
            .counts = now.counts,
            .sessions = std::move(now.sessions).transform([](v3::session&& session) {
                return v2::session{.user = std::move(session.user),
                                   .opened = session.opened,
                                   .expires = session.expires,
                                   .lifetime = session.lifetime,
                                   .last_seen = session.last_seen};
            }),
            .users = std::move(now.users)};
}

}  // namespace hotswap::session_states
