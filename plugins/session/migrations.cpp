#include "session/migrations.hpp"

#include "session/token.hpp"
#include "shared/number_argument.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

namespace hotswap::session_states {

namespace {

// A state may come from a file; no session manager ever wrote a time that overflows the clock.
v2::time began_at(v1::session const& session) {
    std::int64_t began = 0;
    if (__builtin_sub_overflow(session.expires.time_since_epoch().count(), session.lifetime.count(), &began))
        throw std::range_error("a session's times are outside the range of the clock: the state is damaged");
    return v2::time(std::chrono::nanoseconds(began));
}

}  // namespace

v1::state upgrade_0_1(v0::state&& old) {
    v1::state now;
    for (std::size_t i = 0; i != old.shards.size(); ++i) {
        auto& sessions = now.shards[i].sessions;
        sessions.reserve(old.shards[i].size());
        while (!old.shards[i].empty()) {
            auto node = old.shards[i].extract(old.shards[i].begin());
            sessions.try_emplace(std::move(node.key()), v1::session{.user = std::move(node.mapped().user),
                                                                    .expires = node.mapped().expires,
                                                                    .lifetime = std::chrono::hours{1}});
        }
    }
    return now;
}

v0::state downgrade_1_0(v1::state&& now) {
    v0::state old;
    for (std::size_t i = 0; i != now.shards.size(); ++i) {
        auto& sessions = now.shards[i].sessions;
        old.shards[i].reserve(sessions.size());
        while (!sessions.empty()) {
            auto node = sessions.extract(sessions.begin());
            old.shards[i].try_emplace(std::move(node.key()),
                                      v0::session{std::move(node.mapped().user), node.mapped().expires});
        }
    }
    return old;
}

v2::state upgrade_1_2(v1::state&& old, arguments const& given) {
    v2::state now;
    now.config.default_timeout = old.config.default_timeout;
    now.config.cleanup_interval = old.config.cleanup_interval;
    if (auto const limit = plugins::number_argument(given, "per_user_limit")) {
        if (*limit > std::numeric_limits<std::uint32_t>::max())
            throw std::invalid_argument("argument per_user_limit is " + std::to_string(*limit) +
                                        ", expected a number below 2^32");
        now.config.per_user_limit = static_cast<std::uint32_t>(*limit);
    }
    now.last_cleanup = old.last_cleanup;
    for (std::size_t i = 0; i != old.shards.size(); ++i) {
        now.shards[i].opened = old.shards[i].opened;
        now.shards[i].ended = old.shards[i].ended;
        for (auto& [key, session] : old.shards[i].sessions) {
            auto const hash = plugins::hash_of_stored(key);
            now.shards[v2::shard_of(hash)].sessions.try_emplace(hash,
                                                                v2::session{.user = std::move(session.user),
                                                                            .expires = session.expires,
                                                                            .lifetime = session.lifetime,
                                                                            .last_seen = began_at(session)});
        }
    }
    return now;
}

v1::state downgrade_2_1(v2::state&& now) {
    v1::state old;
    old.config.default_timeout = now.config.default_timeout;
    old.config.cleanup_interval = now.config.cleanup_interval;
    old.last_cleanup = now.last_cleanup;
    for (std::size_t i = 0; i != now.shards.size(); ++i) {
        old.shards[i].opened = now.shards[i].opened;
        old.shards[i].ended = now.shards[i].ended;
        for (auto& [hash, session] : now.shards[i].sessions) {
            std::string key = plugins::stored_form(hash);
            auto& shard = old.shards[plugins::hashed_text(key).shard()];
            shard.sessions.try_emplace(std::move(key), v1::session{.user = std::move(session.user),
                                                                   .expires = session.expires,
                                                                   .lifetime = session.lifetime});
        }
    }
    return old;
}

}  // namespace hotswap::session_states
