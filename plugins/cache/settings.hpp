// The settings of a cache: their ranges, what each release has of them, and the line that announces a change.
#pragma once

#include "cache/accounting.hpp"
#include "shared/clock.hpp"
#include "shared/named_settings.hpp"

#include <hotswap/contracts/cache.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::plugins {

using contracts::cache_settings;

/// A setting: its name and field, and the first release that has it.
struct cache_number {
    std::string_view name;
    std::optional<std::uint64_t> cache_settings::*field;
    std::string_view since;
    std::uint64_t least;
};
struct cache_duration {
    std::string_view name;
    std::optional<std::chrono::nanoseconds> cache_settings::*field;
    std::string_view since;
    std::chrono::nanoseconds least;
    std::chrono::nanoseconds most;
};

inline constexpr std::array cache_numbers{
    cache_number{"max_entries", &cache_settings::max_entries, "1.0.0", contracts::least_cache_entries},
    cache_number{"byte_budget", &cache_settings::byte_budget, "2.0.0", contracts::least_cache_budget}};
inline constexpr std::array cache_durations{
    cache_duration{"default_ttl", &cache_settings::default_ttl, "1.0.0", std::chrono::milliseconds{1},
                   longest_ttl},
    cache_duration{"cleanup_interval", &cache_settings::cleanup_interval, "1.0.0", std::chrono::seconds{1},
                   std::chrono::hours{24}},
    cache_duration{"default_stale_for", &cache_settings::default_stale_for, "3.0.0",
                   std::chrono::nanoseconds{0}, longest_ttl},
    cache_duration{"negative_ttl", &cache_settings::negative_ttl, "3.0.0", std::chrono::milliseconds{1},
                   longest_ttl},
    cache_duration{"lease_time", &cache_settings::lease_time, "3.0.0", std::chrono::milliseconds{1},
                   std::chrono::hours{1}}};

/// Throws unless the given fields of `wanted` are in the contract's range.
/// Errors:   std::invalid_argument that names the setting, the value and the range.
inline void check_settings(cache_settings const& wanted) {
    for (auto const& each : cache_numbers) {
        auto const& value = wanted.*each.field;
        if (value && *value < each.least)
            throw std::invalid_argument(std::string(each.name) + " is " + std::to_string(*value) +
                                        ", expected at least " + std::to_string(each.least));
    }
    for (auto const& each : cache_durations)
        if (auto const& value = wanted.*each.field)
            check_duration(each.name.data(), *value, each.least, each.most);
}

/// Throws if `wanted` has a setting that `current` has not.
/// Errors:   std::invalid_argument that names the setting, and the release that has it.
inline void check_known(cache_settings const& wanted, cache_settings const& current,
                        std::string_view release) {
    auto const check = [&](auto const& each) {
        if (!(wanted.*each.field) || current.*each.field) return;
        throw std::invalid_argument("cache " + std::string(release) + " has no " + std::string(each.name) +
                                    "; swap to " + std::string(each.since) + " or newer first");
    };
    for (auto const& each : cache_numbers) check(each);
    for (auto const& each : cache_durations) check(each);
}

inline constexpr std::array named_cache_settings{
    setting_of<cache_settings, &cache_settings::max_entries>("max_entries"),
    setting_of<cache_settings, &cache_settings::byte_budget>("byte_budget"),
    setting_of<cache_settings, &cache_settings::default_ttl>("default_ttl"),
    setting_of<cache_settings, &cache_settings::cleanup_interval>("cleanup_interval"),
    setting_of<cache_settings, &cache_settings::default_stale_for>("default_stale_for"),
    setting_of<cache_settings, &cache_settings::negative_ttl>("negative_ttl"),
    setting_of<cache_settings, &cache_settings::lease_time>("lease_time")};

/// The typed form of settings that are given by name.
/// Errors:   std::invalid_argument for a name that no release has, with the names that `current` has; for a name that is
///           given twice, and for a text that is no value.
inline cache_settings read_by_name(std::span<contracts::setting const> wanted,
                                   cache_settings const& current) {
    using named = named_setting<cache_settings>;
    auto const& all = named_cache_settings;
    std::vector<named> here;
    auto const add = [&](auto const& each) {
        if (!(current.*each.field)) return;
        here.push_back(
            *std::find_if(all.begin(), all.end(), [&](auto const& a) { return a.name == each.name; }));
    };
    for (auto const& each : cache_numbers) add(each);
    for (auto const& each : cache_durations) add(each);
    bool const known_somewhere = std::all_of(wanted.begin(), wanted.end(), [](auto const& one) {
        return std::any_of(all.begin(), all.end(), [&](auto const& each) { return each.name == one.name; });
    });
    return read_settings<cache_settings>(
        wanted, known_somewhere ? std::span<named const>(all) : std::span<named const>(here));
}

/// "max_entries 10000 → 500, default_ttl 5min → 10s"; empty if nothing differs.
inline std::string difference(cache_settings const& before, cache_settings const& after) {
    std::string text;
    auto const add = [&](auto const& each, auto const& words) {
        if (before.*each.field == after.*each.field) return;
        text.append(text.empty() ? "" : ", ").append(each.name);
        text.append(" ").append(words(*(before.*each.field)));
        text.append(" → ").append(words(*(after.*each.field)));
    };
    for (auto const& each : cache_numbers) add(each, [](std::uint64_t n) { return std::to_string(n); });
    for (auto const& each : cache_durations)
        add(each, [](std::chrono::nanoseconds n) { return setting_text(n); });
    return text;
}

/// The settings that `config` has, while other threads may change them.
template <class Config>
cache_settings shown(Config& config) {
    cache_settings all;
    all.max_entries = now_of(config.max_entries);
    all.default_ttl = now_of(config.default_ttl);
    all.cleanup_interval = now_of(config.cleanup_interval);
    if constexpr (requires { config.byte_budget; }) all.byte_budget = now_of(config.byte_budget);
    if constexpr (requires { config.lease_time; }) {
        all.default_stale_for = now_of(config.default_stale_for);
        all.negative_ttl = now_of(config.negative_ttl);
        all.lease_time = now_of(config.lease_time);
    }
    return all;
}

/// Sets the given fields, while other threads may read them.
template <class Config>
void take_over(Config& config, cache_settings const& wanted) {
    auto const set = [](auto& field, auto const& value) {
        if (value) std::atomic_ref(field).store(*value, std::memory_order_relaxed);
    };
    set(config.max_entries, wanted.max_entries);
    set(config.default_ttl, wanted.default_ttl);
    set(config.cleanup_interval, wanted.cleanup_interval);
    if constexpr (requires { config.byte_budget; }) set(config.byte_budget, wanted.byte_budget);
    if constexpr (requires { config.lease_time; }) {
        set(config.default_stale_for, wanted.default_stale_for);
        set(config.negative_ttl, wanted.negative_ttl);
        set(config.lease_time, wanted.lease_time);
    }
}

}  // namespace hotswap::plugins
