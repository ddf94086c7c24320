// Between the session manager's states 1 and 2: tokens become keyed hashes, and cannot become tokens again.
#pragma once

#include "session/states/v1.hpp"
#include "session/states/v2.hpp"
#include "session/token.hpp"
#include "shared/number_argument.hpp"

#include <hotswap/contracts/session.hpp>
#include <hotswap/detail/base/arguments.hpp>

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

namespace hotswap::session_states {

/// When a session of version 1, which nothing renews, was opened.
/// Errors:   throws std::range_error: a state may come from a file, and no session manager ever wrote a time that
///           overflows the clock.
inline v2::time opened_at(v1::session const& session) {
    std::int64_t opened = 0;
    if (__builtin_sub_overflow(session.expires.time_since_epoch().count(), session.lifetime.count(), &opened))
        throw std::range_error("a session's times are outside the range of the clock: the state is damaged");
    return v2::time(std::chrono::nanoseconds(opened));
}

/// Hashes the token of a session, unless only its hash is there.
inline std::pair<v2::token_hash, v2::session> hash_token(v1::token&& token, v1::session&& session,
                                                         v2::secret const& key) {
    auto const opened = opened_at(session);
    return {plugins::hash_of_stored(key, token.text),
            {.user = std::move(session.user),
             .opened = opened,
             .expires = session.expires,
             .lifetime = session.lifetime,
             .last_seen = opened}};
}

/// The argument `per_user_limit`; 1024 if it is not given.
/// Errors:   throws std::invalid_argument that names the range.
inline std::uint32_t limit_from(arguments const& given) {
    constexpr auto most = contracts::most_sessions_of_user;
    auto const limit = plugins::number_argument(given, "per_user_limit").value_or(most);
    if (limit == 0 || limit > most)
        throw std::invalid_argument("argument per_user_limit is " + std::to_string(limit) +
                                    ", expected between 1 and " + std::to_string(most));
    return static_cast<std::uint32_t>(limit);
}

/// Keeps everything except the tokens themselves: version 2 stores only their hashes. A session counts as last seen when
/// it was opened. The argument `per_user_limit` (1 to 1024) limits the number of sessions of a user.
/// Errors:   throws std::invalid_argument for a limit that is not such a number.
inline v2::state upgrade_1_2(v1::state&& old, arguments const& given) {
    return {.config = {.default_timeout = old.config.default_timeout,
                       .cleanup_interval = old.config.cleanup_interval,
                       .per_user_limit = limit_from(given)},
            .key = old.key,
            .counts = old.counts,
            .sessions = std::move(old.sessions).transform_entries(&hash_token, old.key),
            .users = std::move(old.users)};
}

/// Keeps users, expiry, lifetimes, counts and the other settings; stores tokens as `blake2b:` and their hash.
/// Loses the per-user limit, and when each session was opened and last seen.
inline v1::state downgrade_2_1(v2::state&& now) {
    return {.config = {.default_timeout = now.config.default_timeout,
                       .cleanup_interval = now.config.cleanup_interval},
            .key = now.key,
            .counts = now.counts,
            .sessions =
                std::move(now.sessions).transform_entries([](v2::token_hash&& hash, v2::session&& session) {
                    return std::pair(v1::token{plugins::stored_form(hash)},
                                     v1::session{std::move(session.user), session.expires, session.lifetime});
                }),
            .users = std::move(now.users)};
}

}  // namespace hotswap::session_states
