// Release 2.0.0 of the session manager: stores only hashes of tokens, renews sessions on use, limits the
// sessions of a user.
#include "session/hashed_table.hpp"
#include "session/legacy_text.hpp"
#include "session/migrations.hpp"
#include "session/settings.hpp"
#include "session/token.hpp"

#include <hotswap/component.hpp>

#include <atomic>

namespace hotswap::plugins {

class session_2_0_0 final : public contracts::session {
public:
    using state = session_states::v2::state;
    using history =
        hotswap::history<&session_states::upgrade_0_1, hotswap::lossy<&session_states::downgrade_1_0>,
                         &session_states::upgrade_1_2, hotswap::lossy<&session_states::downgrade_2_1>>;

    static session_states::v0::state adopt(std::span<std::byte const> text) { return read_legacy_text(text); }
    static void validate(state const& given) { check_settings(shown(given.config)); }

    session_2_0_0(hotswap::host& host, state& live)
        : host_(host),
          state_(live),
          default_timeout_(live.config.default_timeout),
          per_user_limit_(live.config.per_user_limit),
          table_(live.shards) {
        use_sodium();
        host_.every(cleanup_look, [this] { clean_up(); });
    }

    std::string open(std::string_view user, std::chrono::nanoseconds ttl) override {
        check_user(user);
        std::chrono::nanoseconds const lifetime = checked_ttl(ttl, default_timeout_);
        time const now = host_.now();
        std::string token = new_token();
        table_.open(
            hash_of(token),
            {.user = std::string(user), .expires = now + lifetime, .lifetime = lifetime, .last_seen = now},
            per_user_limit_);
        return token;
    }

    std::optional<contracts::session_info> find(std::string_view token) override {
        return table_.use(hash_of(token), host_.now());
    }
    std::vector<std::optional<contracts::session_info>> find(
        std::span<std::string_view const> tokens) override {
        return find_each(
            tokens, [this, now = time(host_.now())](auto token) { return table_.use(hash_of(token), now); });
    }
    bool close(std::string_view token) override { return table_.close(hash_of(token), host_.now()); }

    void configure(contracts::session_settings const& wanted) override {
        check_settings(wanted);
        std::lock_guard const lock(config_mutex_);
        take_over(state_.config, wanted);
        state_.config.per_user_limit = wanted.per_user_limit.value_or(state_.config.per_user_limit);
        default_timeout_ = state_.config.default_timeout;
        per_user_limit_ = state_.config.per_user_limit;
    }
    contracts::session_settings current_settings() override {
        std::lock_guard const lock(config_mutex_);
        auto settings = shown(state_.config);
        settings.per_user_limit = state_.config.per_user_limit;
        return settings;
    }
    contracts::session_statistics stats() override { return table_.stats(); }

private:
    void clean_up() {
        time const now = host_.now();
        if (!is_due(now, state_.last_cleanup, *current_settings().cleanup_interval)) return;
        state_.last_cleanup = now;
        table_.forget_expired(now);
    }

    hotswap::host& host_;
    state&
        state_;  // shards are table_'s, config is guarded by config_mutex_, last_cleanup is the timer's alone
    std::mutex config_mutex_;
    std::atomic<std::chrono::nanoseconds> default_timeout_;  // of state_.config, to be read without the lock
    std::atomic<std::uint32_t> per_user_limit_;
    hashed_table table_;
};

}  // namespace hotswap::plugins

HOTSWAP_COMPONENT(hotswap::plugins::session_2_0_0)
