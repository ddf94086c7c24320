// What all releases of the cache have in common: limits on input, settings, counts, and the plain calls.
#pragma once

#include "cache/disk/distrust.hpp"
#include "cache/kept_entries.hpp"
#include "cache/settings.hpp"
#include "shared/clock.hpp"
#include "shared/upkeep.hpp"

#include <hotswap/component.hpp>
#include <hotswap/contracts/cache.hpp>

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

/// Throws unless `size` is at most `most`. Errors: std::invalid_argument: "a key of 5000 bytes, expected at most 4096".
inline void check_size(char const* what, std::size_t size, std::size_t most) {
    if (size > most)
        throw std::invalid_argument(std::string(what) + " is " + std::to_string(size) +
                                    " long, expected at most " + std::to_string(most));
}
inline void check_key(std::string_view key) { check_size("a key", key.size(), contracts::longest_cache_key); }
inline void check_entry(std::string_view key, std::string_view value) {
    check_key(key);
    check_size("a value", value.size(), contracts::largest_cache_value);
}

/// A cache with the entries of `Rules`; a release overrides what it does otherwise.
template <class Rules>
class cache_core : public contracts::cache {
public:
    using state = typename Rules::state;
    using row = typename kept_entries<Rules>::row;

    std::optional<std::string> get(std::string_view key) override {
        check_key(key);
        return get_at(key, host_.now());
    }
    std::vector<std::optional<std::string>> get(std::span<std::string_view const> keys) override {
        check_size("a batch", keys.size(), contracts::largest_cache_batch);
        for (auto const key : keys) check_key(key);
        std::vector<std::optional<std::string>> found;
        found.reserve(keys.size());
        time const now = host_.now();
        for (auto const key : keys) found.push_back(get_at(key, now));
        return found;
    }
    void put(std::string_view key, std::string_view value, std::chrono::nanoseconds ttl) override {
        check_entry(key, value);
        put_at(key, value, checked_ttl(ttl, default_ttl()), host_.now());
    }
    void put(std::span<contracts::cache_entry const> entries) override {
        check_size("a batch", entries.size(), contracts::largest_cache_batch);
        auto const otherwise = default_ttl();
        for (auto const& each : entries) {
            check_entry(each.key, each.value);
            checked_ttl(each.ttl, otherwise);
        }
        time const now = host_.now();
        for (auto const& each : entries) put_at(each.key, each.value, checked_ttl(each.ttl, otherwise), now);
    }
    bool erase(std::string_view key) override {
        check_key(key);
        return entries_.remove(key, host_.now());
    }

    contracts::cache_lookup lookup(std::string_view) override { lacks("lookup"); }
    bool fill(std::string_view, std::string_view, contracts::cache_fill const&) override { lacks("fill"); }
    bool fill_negative(std::string_view, std::chrono::nanoseconds, std::uint64_t) override {
        lacks("fill_negative");
    }
    bool abandon(std::string_view, std::uint64_t) override { lacks("abandon"); }

    void configure(cache_settings const& wanted) override {
        std::lock_guard const lock(configuring_);
        auto const before = current_settings();
        check_known(wanted, before, Rules::release);
        check_settings(wanted);
        if constexpr (has_config) take_over(state_.config, wanted);
        if (auto const text = difference(before, current_settings()); !text.empty())
            host_.log(level::info, "cache: " + text);
    }
    void configure(std::span<contracts::setting const> wanted) override {
        configure(read_by_name(wanted, current_settings()));
    }
    hotswap::settings configuration() {
        return settings_by_name<cache_settings>(current_settings(), named_cache_settings);
    }
    cache_settings current_settings() override {
        if constexpr (has_config) return shown(state_.config);
        return {};
    }

    contracts::cache_statistics stats() override {
        contracts::cache_statistics all{.entries = now_of(state_.held.rows), .bytes = entries_.bytes_used()};
        if constexpr (has_counts) {
            all.hits = sum_of(state_.counts, &counts::hits);
            all.misses = sum_of(state_.counts, &counts::misses);
            all.evictions = sum_of(state_.counts, &counts::evictions);
            all.expirations = sum_of(state_.counts, &counts::expirations);
        }
        if constexpr (has_leases) {
            all.stale_hits = sum_of(state_.counts, &counts::stale_hits);
            all.negative_hits = sum_of(state_.counts, &counts::negative_hits);
            all.coalesced = sum_of(state_.counts, &counts::coalesced);
        }
        return all;
    }
    std::vector<contracts::metric> metrics() override {
        auto const now = stats();
        std::vector<contracts::metric> all{{"hotswap_cache_entries", now.entries},
                                           {"hotswap_cache_bytes", now.bytes}};
        if constexpr (has_counts) {
            all.push_back({"hotswap_cache_hits_total", now.hits});
            all.push_back({"hotswap_cache_misses_total", now.misses});
            all.push_back({"hotswap_cache_evictions_total", now.evictions});
            all.push_back({"hotswap_cache_expirations_total", now.expirations});
        }
        if constexpr (has_leases) {
            all.push_back({"hotswap_cache_stale_hits_total", now.stale_hits});
            all.push_back({"hotswap_cache_negative_hits_total", now.negative_hits});
            all.push_back({"hotswap_cache_coalesced_total", now.coalesced});
        }
        return all;
    }

protected:
    static constexpr bool has_config = requires(state & s) { s.config; };
    static constexpr bool has_counts = kept_entries<Rules>::has_counts;
    static constexpr bool has_leases = kept_entries<Rules>::has_leases;
    static constexpr bool has_tier = requires(state & s) { s.disk_epoch; };

    cache_core(hotswap::host& host, state& live) : host_(host), state_(live), entries_(host, live) {
        if constexpr (!has_tier) distrust_disk(host);
        host_.every(upkeep_period, [this] { keep_up(host_.now()); });
    }

    virtual std::optional<std::string> get_at(std::string_view key, time now) {
        std::optional<std::string> found;
        state_.entries.cvisit(key, [&](auto const& entry) {
            if (Rules::is_fresh(entry.second, now)) found.emplace(entries_.use(entry.second).value);
        });
        if (found)
            entries_.add([](auto& of) -> auto& { return of.hits; });
        else
            entries_.add([](auto& of) -> auto& { return of.misses; });
        return found;
    }
    virtual void put_at(std::string_view key, std::string_view value, std::chrono::nanoseconds ttl,
                        time now) {
        row fresh;
        fresh.value = std::string(value);
        fresh.expires = now + ttl;
        entries_.store(key, std::move(fresh), now);
    }
    virtual void keep_up(time now) { entries_.keep_up(cleanup_interval(), now); }

    std::chrono::nanoseconds default_ttl() {
        if constexpr (has_config) return now_of(state_.config.default_ttl);
        return std::chrono::seconds{300};
    }
    std::chrono::nanoseconds cleanup_interval() {
        if constexpr (has_config) return now_of(state_.config.cleanup_interval);
        return std::chrono::seconds{60};
    }

    hotswap::host& host_;
    state&
        state_;  // its tables take care of threads; its counts and settings are read and written atomically
    kept_entries<Rules> entries_;

private:
    template <class State>
    struct counts_of {
        using type = void;
    };
    template <class State>
    requires has_counts struct counts_of<State> {
        using type = typename decltype(State::counts)::value_type;
    };
    using counts = typename counts_of<state>::type;

    [[noreturn]] static void lacks(char const* call) {
        throw std::invalid_argument("cache " + std::string(Rules::release) + " has no " + call +
                                    "; swap to 3.0.0 or newer first");
    }

    std::mutex configuring_;  // one change of the settings at a time
};

}  // namespace hotswap::plugins
