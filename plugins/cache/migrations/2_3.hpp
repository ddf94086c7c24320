// The migrations of the cache's state between versions 2 and 3.
#pragma once

#include "cache/states/v2.hpp"
#include "cache/states/v3.hpp"

#include <cstddef>
#include <optional>
#include <utility>

namespace hotswap::cache_states {

/// Keeps everything; no entry may be served stale. A file of a tier on disk from before is not trusted: release 2 has changed
/// the cache without it.
inline v3::state upgrade_2_3(v2::state&& old) {
    v3::state now;
    now.config.max_entries = old.config.max_entries;
    now.config.byte_budget = old.config.byte_budget;
    now.config.default_ttl = old.config.default_ttl;
    now.config.cleanup_interval = old.config.cleanup_interval;
    now.entries = std::move(old.entries).transform([](v2::row&& r) {
        return v3::row{std::move(r.value), r.expires, r.expires, r.used, r.hits, false};
    });
    now.ghosts = std::move(old.ghosts);
    now.held = old.held;
    now.ghosts_held = old.ghosts_held;
    now.salt = old.salt;
    now.clock = old.clock;
    now.disk_epoch = 1;
    for (std::size_t i = 0; i != now.counts.size(); ++i) {
        auto const& from = old.counts[i];
        now.counts[i] = {from.hits, from.misses, from.evictions, from.expirations};
    }
    return now;
}

/// Keeps keys, values, expiry, hits, the recently evicted keys, and what version 2 has of settings and counts.
/// Loses the remembered absences, the leases, the times for which values may be served stale, the settings and
/// counts of these, and what is on disk.
inline v2::state downgrade_3_2(v3::state&& now) {
    v2::state old;
    old.config = {now.config.max_entries, now.config.byte_budget, now.config.default_ttl,
                  now.config.cleanup_interval};
    old.entries = std::move(now.entries).transform([](v3::row&& r) -> std::optional<v2::row> {
        if (r.negative) return std::nullopt;
        return v2::row{std::move(r.value), r.expires, r.used, r.hits};
    });
    old.ghosts = std::move(now.ghosts);
    old.held = {now.held.rows - now.negative.rows, now.held.heap - now.negative.heap};
    old.ghosts_held = now.ghosts_held;
    old.salt = now.salt;
    old.clock = now.clock;
    for (std::size_t i = 0; i != old.counts.size(); ++i) {
        auto const& from = now.counts[i];
        old.counts[i] = {from.hits, from.misses, from.evictions, from.expirations};
    }
    return old;
}

}  // namespace hotswap::cache_states
