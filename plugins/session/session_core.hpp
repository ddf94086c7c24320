// What all releases of the session manager share: the index of users, expiry, settings and counts.
#pragma once

#include "session/settings.hpp"
#include "session/states/v0.hpp"
#include "session/states/v1.hpp"
#include "session/token.hpp"
#include "shared/clock.hpp"
#include "shared/striped.hpp"
#include "shared/upkeep.hpp"

#include <hotswap/contracts/session.hpp>
#include <hotswap/detail/sdk/host.hpp>
#include <hotswap/table.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hotswap::plugins {

/// `at` + `by`, or the last time of the clock: a state from a file may hold any lifetime.
constexpr time later(time at, nanoseconds by) noexcept {
    std::int64_t sum = 0;
    if (__builtin_add_overflow(at.time_since_epoch().count(), by.count(), &sum)) return time::max();
    return time(nanoseconds(sum));
}

/// The sessions of a state, and the index of the users they belong to.
///
/// A session's row and its place in the index change together, under the lock of the user's row: the index has each
/// session, and nothing else. A user's row is locked before a session's row, never after.
/// Threads:  [any] every member
template <class State>
class session_core : public contracts::session {
public:
    using contract_type = contracts::session;
    using contracts::session::find;
    using contracts::session::open;

    std::vector<std::optional<contracts::session_info>> find(std::span<std::string_view const> tokens) final {
        if (tokens.size() > contracts::most_tokens_at_once)
            throw std::invalid_argument("a batch has at most " +
                                        std::to_string(contracts::most_tokens_at_once) + " tokens, not " +
                                        std::to_string(tokens.size()));
        time const now = host_.now();
        std::vector<std::optional<contracts::session_info>> found;
        found.reserve(tokens.size());
        for (auto const token : tokens) found.push_back(find_at(token, now));
        return found;
    }
    std::optional<contracts::session_info> find(std::string_view token) final {
        return find_at(token, host_.now());
    }

    std::uint64_t revoke_user(std::string_view) override { refuse_lacking(release_, "revoke_user", "3.0.0"); }
    bool revoke(std::string_view, std::string_view) override { refuse_lacking(release_, "revoke", "3.0.0"); }
    std::vector<contracts::session_listing> list(std::string_view) override {
        refuse_lacking(release_, "list", "3.0.0");
    }
    bool set_attribute(std::string_view, std::string_view, std::optional<std::string_view>) override {
        refuse_lacking(release_, "set_attribute", "3.0.0");
    }

    void configure(contracts::session_settings const& wanted) final { settings_.change(wanted); }
    void configure(std::span<contracts::setting const> wanted) final {
        settings_.change(settings_.by_name(wanted));
    }
    contracts::session_settings current_settings() final { return settings_.shown(); }
    hotswap::settings configuration() { return settings_.in_words(); }

    contracts::session_statistics stats() final {
        contracts::session_statistics sum{.live = state_.sessions.size(), .users = state_.users.size()};
        if constexpr (counts_calls) {
            sum.opened = sum_of(state_.counts, &counts::opened);
            sum.refused = sum_of(state_.counts, &counts::refused);
            sum.found = sum_of(state_.counts, &counts::found);
            sum.missed = sum_of(state_.counts, &counts::missed);
            sum.closed = sum_of(state_.counts, &counts::closed);
            sum.expired = sum_of(state_.counts, &counts::expired);
            sum.displaced = sum_of(state_.counts, &counts::displaced);
            sum.revoked = sum_of(state_.counts, &counts::revoked);
            sum.ended = sum.closed + sum.expired + sum.displaced + sum.revoked;
        }
        return sum;
    }
    std::vector<contracts::metric> metrics() final {
        auto const now = stats();
        std::vector<contracts::metric> all{{"hotswap_session_live", now.live},
                                           {"hotswap_session_users", now.users}};
        if constexpr (counts_calls) {
            all.push_back({"hotswap_session_opened_total", now.opened});
            all.push_back({"hotswap_session_refused_total", now.refused});
            all.push_back({"hotswap_session_found_total", now.found});
            all.push_back({"hotswap_session_missed_total", now.missed});
            all.push_back({"hotswap_session_closed_total", now.closed});
            all.push_back({"hotswap_session_expired_total", now.expired});
            all.push_back({"hotswap_session_displaced_total", now.displaced});
            all.push_back({"hotswap_session_revoked_total", now.revoked});
        }
        return all;
    }

protected:
    using counts = session_states::v1::counts;
    using key_type = typename decltype(State::sessions)::key_type;
    using row = typename decltype(State::sessions)::mapped_type;
    using tokens_of_user = std::vector<token_hash>;

    /// The last step of a constructor: it does not throw once it has changed the state.
    session_core(hotswap::host& host, State& state, std::string_view release)
        : host_(host), state_(state), release_(release), settings_(host, config_of(state), release) {
        use_sodium();
        host_.every(upkeep_period, [this] {
            auto const interval =
                settings_.template get<cleanup_interval_setting>(nanoseconds(std::chrono::seconds{60}));
            auto const slice = [this, now = time(host_.now())](table_cursor& cursor, std::size_t rows) {
                expire(cursor, rows, now);
            };
            upkeep_.run(host_, state_.sessions.size(), interval, slice);
        });
        make_key(state_.key);
    }

    virtual std::optional<contracts::session_info> find_at(std::string_view token, time now) = 0;

    /// The hash in the index of the session that has this key.
    virtual token_hash hash_in_index(key_type const& key) const = 0;

    void count(std::uint64_t counts::*which, std::uint64_t number = 1) noexcept {
        if constexpr (counts_calls) add_to(state_.counts[stripe_of_thread()].*which, number);
    }

    nanoseconds ttl_of(contracts::session_options const& options) const {
        auto const otherwise =
            settings_.template get<default_timeout_setting>(nanoseconds(std::chrono::hours{1}));
        return checked_ttl(options.ttl, otherwise);
    }

    /// Calls `add(tokens)` under the lock of `user`; it adds a session and its hash, or throws.
    /// Effects:  expired sessions of any user are removed, a few for each one that is opened.
    template <class Add>
    void open_for(std::string_view user, time now, Add add) {
        bool is_done = false;
        auto const visit = [&](auto& entry) {
            add(entry.second.tokens);
            is_done = true;
        };
        try {
            // The first turn only adds the row of a new user; another thread may remove it while it is empty.
            while (!is_done)
                state_.users.try_emplace_or_visit(user, session_states::v0::user_sessions{}, visit);
        } catch (...) {
            state_.users.erase_if(user, [](auto const& entry) { return entry.second.tokens.empty(); });
            throw;
        }
        count(&counts::opened);
        help_to_expire(now);
    }

    /// Ends a session: `erase()` removes its row and returns whether it did, under the lock of its user.
    template <class Erase>
    bool end(std::string_view user, token_hash const& hash, Erase erase) {
        bool is_known = false;
        bool is_ended = false;
        state_.users.erase_if(user, [&](auto& entry) {
            is_known = true;
            is_ended = erase();
            if (is_ended) forget(entry.second.tokens, hash);
            return entry.second.tokens.empty();
        });
        return is_known ? is_ended : erase();  // unknown: only in a damaged state
    }

    static void forget(tokens_of_user& tokens, token_hash const& hash) noexcept {
        auto const found = std::find(tokens.begin(), tokens.end(), hash);
        if (found == tokens.end()) return;
        *found = tokens.back();
        tokens.pop_back();
    }

    /// Ends the session that has `key`; false if there was no live one.
    bool close_at(key_type const& key, time now) {
        std::string user;
        if (state_.sessions.cvisit(key, [&](auto const& entry) { user = entry.second.user; }) == 0)
            return false;
        bool is_live = false;
        auto const erase = [&] {
            return state_.sessions.erase_if(key, [&](auto const& entry) {
                is_live = entry.second.expires > now;
                return true;
            }) != 0;
        };
        if (!end(user, hash_in_index(key), erase)) return false;
        count(is_live ? &counts::closed : &counts::expired);
        return is_live;
    }

    hotswap::host& host_;
    State& state_;
    std::string_view release_;

    static constexpr bool has_config = requires(State & state) { state.config; };
    static constexpr bool counts_calls = requires(State & state) { state.counts; };

    static auto& config_of(State& state) {
        if constexpr (has_config) {
            return state.config;
        } else {
            static no_config none;
            return none;
        }
    }
    live_settings<std::remove_reference_t<decltype(config_of(std::declval<State&>()))>> settings_;

private:
    /// Removes the expired ones of the next `rows` sessions: collects them first, because a user is locked before a session.
    void expire(table_cursor& cursor, std::size_t rows, time now) {
        std::vector<std::pair<key_type, std::string>> over;
        state_.sessions.csweep(cursor, rows, [&](auto const& entry) {
            if (entry.second.expires <= now) over.emplace_back(entry.first, entry.second.user);
            return false;
        });
        std::uint64_t removed = 0;
        auto const is_over = [now](auto const& entry) { return entry.second.expires <= now; };
        for (auto const& each : over) {
            auto const erase = [&] { return state_.sessions.erase_if(each.first, is_over) != 0; };
            removed += end(each.second, hash_in_index(each.first), erase) ? 1 : 0;
        }
        if (removed != 0) count(&counts::expired, removed);
    }

    /// Each opener removes more sessions than it adds, where many are expired; another thread may do it instead.
    void help_to_expire(time now) noexcept {
        std::unique_lock const lock(openers_mutex_, std::try_to_lock);
        if (!lock) return;
        try {
            expire(openers_cursor_, 4, now);
        } catch (std::bad_alloc const&) {
            // The timer, or the next opener, does it.
        }
    }

    upkeep upkeep_;  // the timer's alone
    std::mutex openers_mutex_;
    table_cursor openers_cursor_;  // guarded by openers_mutex_
};

}  // namespace hotswap::plugins
