// Release 3.0.0 of the session manager: attributes, an absolute end next to the idle one, what a user may see of their
// sessions, and the end of one or all of them.
#include "session/attributes.hpp"
#include "session/hashed_sessions.hpp"
#include "session/legacy_text.hpp"
#include "session/migrations/0_1.hpp"
#include "session/migrations/1_2.hpp"
#include "session/migrations/2_3.hpp"
#include "session/states/v3.hpp"

#include <hotswap/component.hpp>

#include <algorithm>
#include <tuple>

namespace hotswap::plugins {

class session_3_0_0 final : public hashed_sessions<session_states::v3::state> {
public:
    using state = session_states::v3::state;
    using history =
        hotswap::history<&session_states::upgrade_0_1, hotswap::lossy<&session_states::downgrade_1_0>,
                         &session_states::upgrade_1_2, hotswap::lossy<&session_states::downgrade_2_1>,
                         &session_states::upgrade_2_3, hotswap::lossy<&session_states::downgrade_3_2>>;

    static session_states::v0::state adopt(std::span<std::byte const> text) { return read_legacy_text(text); }
    static void validate(state const& given) { check_settings(settings_in(given.config)); }

    session_3_0_0(hotswap::host& host, state& live) : hashed_sessions(host, live, "3.0.0") {}

    using hashed_sessions::open;
    std::string open(std::string_view user, contracts::session_options const& options) override {
        check_user(user);
        auto const lifetime = ttl_of(options);
        auto const absolute =
            checked_ttl(options.absolute, settings_.get<absolute_timeout_setting>(nanoseconds::zero()));
        time const now = host_.now();
        time const ends = absolute == nanoseconds::zero() ? time::max() : now + absolute;
        return begin({.user = std::string(user),
                      .opened = now,
                      .expires = std::min(now + lifetime, ends),
                      .lifetime = lifetime,
                      .last_seen = now,
                      .ends = ends,
                      .attributes = attributes_of(options.attributes)});
    }

    bool set_attribute(std::string_view token, std::string_view name,
                       std::optional<std::string_view> value) override {
        check_attribute(name, value.value_or(""));
        if (!may_be_token(token)) return false;
        time const now = host_.now();
        bool is_live = false;
        state_.sessions.visit(hash_of(state_.key, token), [&](auto& entry) {
            is_live = entry.second.expires > now;
            if (is_live) put_attribute(entry.second.attributes, name, value);
        });
        return is_live;
    }

    std::vector<contracts::session_listing> list(std::string_view user) override {
        tokens_of_user tokens;
        state_.users.cvisit(user, [&](auto const& entry) { tokens = entry.second.tokens; });
        time const now = host_.now();
        std::vector<contracts::session_listing> all;
        all.reserve(tokens.size());
        for (auto const& token : tokens) {
            state_.sessions.cvisit(token, [&](auto const& entry) {
                auto const& seen = entry.second;
                if (seen.expires <= now) return;
                all.push_back({hex_of(listed_id_of(token)), seen.opened, seen.last_seen, seen.expires,
                               info_of(seen).attributes});
            });
        }
        std::sort(all.begin(), all.end(), [](auto const& a, auto const& b) {
            return std::tie(a.opened, a.id) < std::tie(b.opened, b.id);
        });
        return all;
    }

    bool revoke(std::string_view user, std::string_view id) override {
        auto const wanted = read_listed_id(id);
        return wanted &&
               revoke_those(user, [&](auto const& token) { return listed_id_of(token) == *wanted; }) != 0;
    }
    std::uint64_t revoke_user(std::string_view user) override {
        return revoke_those(user, [](token_hash const&) { return true; });
    }

private:
    /// Ends the sessions of `user` that `is_meant(hash)` names; returns the number of live ones.
    template <class Meant>
    std::uint64_t revoke_those(std::string_view user, Meant is_meant) {
        time const now = host_.now();
        std::uint64_t live = 0;
        std::uint64_t removed = 0;
        auto const revoke_one = [&](token_hash const& token) {
            if (!is_meant(token)) return false;
            removed += state_.sessions.erase_if(token, [&](auto const& entry) {
                live += entry.second.expires > now ? 1 : 0;
                return true;
            });
            return true;
        };
        state_.users.erase_if(user, [&](auto& entry) {
            std::erase_if(entry.second.tokens, revoke_one);
            return entry.second.tokens.empty();
        });
        count(&counts::revoked, live);
        count(&counts::expired, removed - live);
        return live;
    }
};

}  // namespace hotswap::plugins

HOTSWAP_COMPONENT(hotswap::plugins::session_3_0_0)
