// Sessions by the keyed hash of their token, renewed by use, as releases 2.0.0 and 3.0.0 keep them.
#pragma once

#include "session/session_core.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hotswap::plugins {

/// Whether a use at `now` is worth a write: a use within 1/64 of the lifetime, at most 1 s, of the last one is not. A last
/// use in the future (the clock was set back) counts as long ago.
constexpr bool is_worth_noting(time now, time last_seen, nanoseconds lifetime) noexcept {
    return now < last_seen ||
           now >= later(last_seen, std::min<nanoseconds>(lifetime / 64, std::chrono::seconds{1}));
}

template <class State>
class hashed_sessions : public session_core<State> {
    using core = session_core<State>;

public:
    using core::open;

    bool close(std::string_view token) final {
        return may_be_token(token) && core::close_at(hash_of(core::state_.key, token), core::host_.now());
    }

protected:
    using core::core;
    using typename core::counts;
    using typename core::row;
    using typename core::tokens_of_user;

    /// Adds a session of its user, who keeps at most `per_user_limit` with it; returns its token.
    std::string begin(row&& fresh) {
        std::string const user = fresh.user;
        std::string token = new_token();
        auto const hash = hash_of(core::state_.key, token);
        time const now = fresh.opened;
        core::open_for(user, now, [&](tokens_of_user& tokens) {
            std::size_t const limit = core::settings_.template get<per_user_limit_setting>(std::uint32_t{1});
            if (tokens.size() >= limit) displace(tokens, limit - 1, now);
            tokens.push_back(hash);
            try {
                core::state_.sessions.try_emplace(hash, std::move(fresh));
            } catch (...) {
                tokens.pop_back();
                throw;
            }
        });
        return token;
    }

    std::optional<contracts::session_info> find_at(std::string_view token, time now) final {
        std::optional<contracts::session_info> found;
        if (may_be_token(token)) {
            auto const hash = hash_of(core::state_.key, token);
            bool is_to_note = false;
            core::state_.sessions.cvisit(hash, [&](auto const& entry) {
                row const& seen = entry.second;
                if (seen.expires <= now) return;
                found = info_of(seen);
                is_to_note = is_worth_noting(now, seen.last_seen, seen.lifetime);
            });
            if (is_to_note) note_use(hash, now, *found);
        }
        core::count(found ? &counts::found : &counts::missed);
        return found;
    }

    static contracts::session_info info_of(row const& of) {
        contracts::session_info info{.user = of.user, .expires = of.expires, .attributes = {}};
        if constexpr (requires { of.attributes; })
            for (auto const& [name, value] : of.attributes) info.attributes.push_back({name, value});
        return info;
    }

private:
    void note_use(token_hash const& hash, time now, contracts::session_info& found) {
        core::state_.sessions.visit(hash, [&](auto& entry) {
            row& used = entry.second;
            if (used.expires <= now) return;
            time renewed = later(now, used.lifetime);
            if constexpr (requires { used.ends; }) renewed = std::min(renewed, used.ends);
            used.expires = std::max(used.expires, renewed);
            used.last_seen = now;
            found.expires = used.expires;
        });
    }

    /// Ends the user's sessions that have expired, and those unused longest until `keep` are left.
    void displace(tokens_of_user& tokens, std::size_t keep, time now) {
        std::vector<std::pair<time, token_hash>> by_use;
        by_use.reserve(tokens.size());
        for (auto const& token : tokens) {
            auto when = time::min();  // expired, or gone: before all others
            core::state_.sessions.cvisit(token, [&](auto const& entry) {
                if (entry.second.expires > now) when = entry.second.last_seen;
            });
            by_use.emplace_back(when, token);
        }
        std::sort(by_use.begin(), by_use.end());
        auto const live = std::partition_point(by_use.begin(), by_use.end(),
                                               [](auto const& each) { return each.first == time::min(); });
        auto const surplus = by_use.size() > keep ? by_use.size() - keep : 0;
        auto const first_kept = std::max(live, by_use.begin() + static_cast<std::ptrdiff_t>(surplus));
        for (auto each = by_use.begin(); each != first_kept; ++each) {
            if (core::state_.sessions.erase(each->second) != 0)
                core::count(each < live ? &counts::expired : &counts::displaced);
        }
        tokens.clear();
        for (auto each = first_kept; each != by_use.end(); ++each) tokens.push_back(each->second);
    }

    token_hash hash_in_index(token_hash const& key) const final { return key; }
};

}  // namespace hotswap::plugins
