// The ranges of a cache's settings.
#pragma once

#include "cache/migrations.hpp"
#include "shared/clock.hpp"

#include <hotswap/contracts/cache.hpp>
#include <hotswap/detail/abi/chrono.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace hotswap::plugins {

/// Throws unless the given fields of `wanted` are in the contract's range.
/// Errors:   std::invalid_argument that names the setting, the value and the range.
inline void check_settings(contracts::cache_settings const& wanted) {
    auto const at_least = [](char const* name, std::uint64_t value, std::uint64_t least) {
        if (value < least)
            throw std::invalid_argument(std::string(name) + " is " + std::to_string(value) +
                                        ", expected at least " + std::to_string(least));
    };
    if (wanted.max_entries) at_least("max_entries", *wanted.max_entries, cache_states::least_max_entries);
    if (wanted.byte_budget) at_least("byte_budget", *wanted.byte_budget, cache_states::least_byte_budget);
    if (wanted.default_ttl)
        check_duration("default_ttl", *wanted.default_ttl, std::chrono::milliseconds{1}, longest_ttl);
    if (wanted.cleanup_interval)
        check_duration("cleanup_interval", *wanted.cleanup_interval, std::chrono::seconds{1},
                       std::chrono::hours{24});
}

/// Sets the given fields that both releases with settings have.
template <class Config>
void take_over(Config& config, contracts::cache_settings const& wanted) {
    config.max_entries = wanted.max_entries.value_or(config.max_entries);
    config.default_ttl = wanted.default_ttl.value_or(config.default_ttl);
    config.cleanup_interval = wanted.cleanup_interval.value_or(config.cleanup_interval);
}

/// The settings of `config` that both releases with settings have.
template <class Config>
contracts::cache_settings shown(Config const& config) {
    return {.max_entries = config.max_entries,
            .default_ttl = config.default_ttl,
            .cleanup_interval = config.cleanup_interval};
}

}  // namespace hotswap::plugins
