// Sessions by their token, as releases 0.1.0 and 1.0.0 keep them, or by its hash where a newer release opened them.
#pragma once

#include "session/session_core.hpp"

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace hotswap::plugins {

template <class State>
class text_sessions : public session_core<State> {
    using core = session_core<State>;
    using typename core::counts;
    using typename core::key_type;
    using typename core::row;

public:
    using core::open;

    std::string open(std::string_view user, contracts::session_options const& options) final {
        check_user(user);
        if (options.absolute != nanoseconds::zero())
            refuse_lacking(core::release_, "absolute timeouts", "3.0.0");
        if (!options.attributes.empty()) refuse_lacking(core::release_, "attributes", "3.0.0");
        time const now = core::host_.now();
        row fresh = row_of(user, now, core::ttl_of(options));
        std::string token = new_token();
        auto const hash = hash_of(core::state_.key, token);
        core::open_for(user, now, [&](auto& tokens) {
            if (tokens.size() >= contracts::most_sessions_of_user) {
                core::count(&counts::refused);
                throw std::length_error(too_many_sessions());
            }
            tokens.push_back(hash);
            try {
                core::state_.sessions.try_emplace(key_type{token}, std::move(fresh));
            } catch (...) {
                tokens.pop_back();
                throw;
            }
        });
        return token;
    }

    bool close(std::string_view token) final {
        if (!may_be_token(token)) return false;
        time const now = core::host_.now();
        if (core::state_.sessions.contains(token)) return core::close_at(key_type{std::string(token)}, now);
        return core::close_at(key_type{stored_form(hash_of(core::state_.key, token))}, now);
    }

protected:
    using core::core;

private:
    static row row_of(std::string_view user, time now, nanoseconds lifetime) {
        if constexpr (requires(row r) { r.lifetime; })
            return {std::string(user), now + lifetime, lifetime};
        else
            return {std::string(user), now + lifetime};
    }

    std::optional<contracts::session_info> find_at(std::string_view token, time now) final {
        std::optional<contracts::session_info> found;
        auto const look = [&](auto const& entry) {
            if (entry.second.expires > now)
                found = {.user = entry.second.user, .expires = entry.second.expires, .attributes = {}};
        };
        // A text in the stored form is no token: otherwise a reader of a snapshot could use it to log in.
        if (may_be_token(token) && core::state_.sessions.cvisit(token, look) == 0) {
            auto const stored = stored_form(hash_of(core::state_.key, token));
            core::state_.sessions.cvisit(std::string_view(stored), look);
        }
        core::count(found ? &counts::found : &counts::missed);
        return found;
    }

    token_hash hash_in_index(key_type const& key) const final {
        try {
            return hash_of_stored(core::state_.key, key.text);
        } catch (std::runtime_error const&) {  // only in a damaged state, whose index does not have it either
            return {};
        }
    }
};

}  // namespace hotswap::plugins
