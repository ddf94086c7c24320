// Release 1.0.0 of the session manager: settings and counts.
#include "session/legacy_text.hpp"
#include "session/migrations.hpp"
#include "session/settings.hpp"
#include "session/token_table.hpp"

#include <hotswap/component.hpp>

#include <atomic>

namespace hotswap::plugins {

class session_1_0_0 final : public contracts::session {
public:
    using state = session_states::v1::state;
    using history =
        hotswap::history<&session_states::upgrade_0_1, hotswap::lossy<&session_states::downgrade_1_0>>;

    static session_states::v0::state adopt(std::span<std::byte const> text) { return read_legacy_text(text); }
    static void validate(state const& given) { check_settings(shown(given.config)); }

    session_1_0_0(hotswap::host& host, state& live)
        : host_(host),
          state_(live),
          default_timeout_(live.config.default_timeout),
          table_(
              live.shards, [](auto& shard) -> auto& { return shard.sessions; }) {
        use_sodium();
        host_.every(cleanup_look, [this] { clean_up(); });
    }

    std::string open(std::string_view user, std::chrono::nanoseconds ttl) override {
        check_user(user);
        std::chrono::nanoseconds const lifetime = checked_ttl(ttl, default_timeout_);
        time const expires = host_.now() + lifetime;
        std::string token = new_token();
        table_.in_shard_of(token, [&](auto& map, std::size_t shard) {
            map.try_emplace(token, session_states::v1::session{std::string(user), expires, lifetime});
            ++state_.shards[shard].opened;
        });
        return token;
    }

    std::optional<contracts::session_info> find(std::string_view token) override {
        return find_at(token, host_.now());
    }
    std::vector<std::optional<contracts::session_info>> find(
        std::span<std::string_view const> tokens) override {
        return find_each(tokens, [this, now = time(host_.now())](auto token) { return find_at(token, now); });
    }

    bool close(std::string_view token) override {
        time const now = host_.now();
        bool live = false;
        table_.with(token, [&](auto& map, auto at, std::size_t shard) {
            live = at->second.expires > now;
            map.erase(at);
            ++state_.shards[shard].ended;
        });
        return live;
    }

    void configure(contracts::session_settings const& wanted) override {
        check_settings(wanted);
        if (wanted.per_user_limit)
            throw std::invalid_argument("session 1.0.0 has no per_user_limit; swap to 2.0.0 or newer first");
        std::lock_guard const lock(config_mutex_);
        take_over(state_.config, wanted);
        default_timeout_ = state_.config.default_timeout;
    }
    contracts::session_settings current_settings() override {
        std::lock_guard const lock(config_mutex_);
        return shown(state_.config);
    }

    contracts::session_statistics stats() override {
        contracts::session_statistics sum;
        table_.each([this, &sum](auto& map, std::size_t shard) {
            sum.live += map.size();
            sum.opened += state_.shards[shard].opened;
            sum.ended += state_.shards[shard].ended;
        });
        return sum;
    }

private:
    std::optional<contracts::session_info> find_at(std::string_view token, time now) {
        std::optional<contracts::session_info> found;
        table_.with(token, [&](auto&, auto at, std::size_t) {
            if (at->second.expires > now) found = {at->second.user, at->second.expires};
        });
        return found;
    }

    void clean_up() {
        time const now = host_.now();
        if (!is_due(now, state_.last_cleanup, *current_settings().cleanup_interval)) return;
        state_.last_cleanup = now;
        table_.each([this, now](auto& map, std::size_t shard) {
            state_.shards[shard].ended +=
                std::erase_if(map, [now](auto const& entry) { return entry.second.expires <= now; });
        });
    }

    using sessions = decltype(session_states::v1::shard::sessions);

    hotswap::host& host_;
    state&
        state_;  // shards are table_'s, config is guarded by config_mutex_, last_cleanup is the timer's alone
    std::mutex config_mutex_;
    std::atomic<std::chrono::nanoseconds> default_timeout_;  // of state_.config, to be read without the lock
    token_table<sessions> table_;
};

}  // namespace hotswap::plugins

HOTSWAP_COMPONENT(hotswap::plugins::session_1_0_0)
