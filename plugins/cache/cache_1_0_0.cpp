// Release 1.0.0 of the cache: a bound on entries kept by LRU, settings, counts.
#include "cache/lru.hpp"
#include "cache/migrations.hpp"
#include "cache/settings.hpp"
#include "cache/sharded_cache.hpp"

#include <hotswap/component.hpp>

#include <atomic>

namespace hotswap::plugins {

class cache_1_0_0 final : public contracts::cache {
public:
    using state = cache_states::v1::state;
    using history =
        hotswap::history<&cache_states::upgrade_0_1, hotswap::lossy<&cache_states::downgrade_1_0>>;

    static void validate(state const& given) { check_settings(shown(given.config)); }

    cache_1_0_0(hotswap::host& host, state& live)
        : host_(host),
          state_(live),
          default_ttl_(live.config.default_ttl),
          shards_(live.shards, [&live](std::size_t i) { return share_of(live.config.max_entries, i); }) {
        host_.every(cleanup_look, [this] { clean_up(); });
    }

    std::optional<std::string> get(std::string_view key) override { return shards_.get(key, host_.now()); }
    std::vector<std::optional<std::string>> get(std::span<std::string_view const> keys) override {
        return shards_.get(keys, host_.now());
    }
    void put(std::string_view key, std::string_view value, std::chrono::nanoseconds ttl) override {
        shards_.put(key, value, checked_ttl(ttl, default_ttl_), host_.now());
    }
    void put(std::span<contracts::cache_entry const> entries) override {
        shards_.put(entries, default_ttl_, host_.now());
    }
    bool erase(std::string_view key) override { return shards_.erase(key, host_.now()); }

    void configure(contracts::cache_settings const& wanted) override {
        check_settings(wanted);
        if (wanted.byte_budget)
            throw std::invalid_argument("cache 1.0.0 has no byte_budget; swap to 2.0.0 or newer first");
        std::lock_guard const lock(config_mutex_);
        take_over(state_.config, wanted);
        default_ttl_ = state_.config.default_ttl;
        shards_.each(
            [this](lru& shard, std::size_t i) { shard.bound(share_of(state_.config.max_entries, i)); });
    }
    contracts::cache_settings current_settings() override {
        std::lock_guard const lock(config_mutex_);
        return shown(state_.config);
    }
    contracts::cache_statistics stats() override { return shards_.stats(); }

private:
    void clean_up() {
        time const now = host_.now();
        if (!is_due(now, state_.last_cleanup, *current_settings().cleanup_interval)) return;
        state_.last_cleanup = now;
        shards_.forget_expired(now);
    }

    hotswap::host& host_;
    state& state_;  // shards are shards_' own, config is guarded by config_mutex_, last_cleanup is the
                    // timer's alone
    std::mutex config_mutex_;
    std::atomic<std::chrono::nanoseconds> default_ttl_;  // of state_.config, to be read without the lock
    sharded_cache<lru> shards_;
};

}  // namespace hotswap::plugins

HOTSWAP_COMPONENT(hotswap::plugins::cache_1_0_0)
