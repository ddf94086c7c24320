// The migrations of the cache's state between versions 1 and 2.
#pragma once

#include "cache/states/v1.hpp"
#include "cache/states/v2.hpp"
#include "shared/number_argument.hpp"

#include <hotswap/contracts/cache.hpp>
#include <hotswap/detail/base/arguments.hpp>

#include <stdexcept>
#include <string>
#include <utility>

namespace hotswap::cache_states {

/// Keeps everything; no entry has hits yet.
/// The argument `byte_budget` (bytes, at least 65536) sets the budget, 64 MiB without it.
/// Errors:   throws std::invalid_argument for a budget that is not such a number.
inline v2::state upgrade_1_2(v1::state&& old, arguments const& given) {
    v2::state now;
    now.config.max_entries = old.config.max_entries;
    now.config.default_ttl = old.config.default_ttl;
    now.config.cleanup_interval = old.config.cleanup_interval;
    if (auto const budget = plugins::number_argument(given, "byte_budget")) {
        if (*budget < contracts::least_cache_budget)
            throw std::invalid_argument("argument byte_budget is " + std::to_string(*budget) +
                                        ", expected at least " +
                                        std::to_string(contracts::least_cache_budget) + " bytes");
        now.config.byte_budget = *budget;
    }
    now.entries = std::move(old.entries).transform([](v1::row&& r) {
        return v2::row{std::move(r.value), r.expires, r.used, 0};
    });
    now.held = old.held;
    now.clock = old.clock;
    now.counts = old.counts;
    return now;
}

/// Keeps keys, values, expiry, the time of use, counts, and the other settings.
/// Loses the byte budget, every entry's hits, and the recently evicted keys.
inline v1::state downgrade_2_1(v2::state&& now) {
    v1::state old;
    old.config.max_entries = now.config.max_entries;
    old.config.default_ttl = now.config.default_ttl;
    old.config.cleanup_interval = now.config.cleanup_interval;
    old.entries = std::move(now.entries).transform([](v2::row&& r) {
        return v1::row{std::move(r.value), r.expires, r.used};
    });
    old.held = now.held;
    old.clock = now.clock;
    old.counts = now.counts;
    return old;
}

}  // namespace hotswap::cache_states
