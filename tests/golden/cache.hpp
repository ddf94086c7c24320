// The content of the cache's golden snapshots, in one place for the tool that wrote them and the tests that read them.
#pragma once

#include <hotswap/contracts/cache.hpp>

#include <array>
#include <chrono>
#include <string_view>

namespace hotswap_golden {

using namespace std::chrono_literals;

/// The releases of the cache; the index is the version of the state.
inline constexpr std::array<std::string_view, 4> cache_releases{"0.1.0", "1.0.0", "2.0.0", "3.0.0"};

/// A value that no C string could hold.
inline constexpr std::string_view page{"one\0two\n", 8};

/// Fills version `version` of the cache: three values, three hits and a miss; from version 3 on also a remembered absence
/// with a hit, and a lease.
inline void fill(hotswap::contracts::cache& cache, int version) {
    if (version > 0) cache.configure({.max_entries = 320, .default_ttl = 100s, .cleanup_interval = 10s});
    if (version > 1) cache.configure({.byte_budget = 1'000'000});
    if (version > 2) cache.configure({.default_stale_for = 30s, .negative_ttl = 20s, .lease_time = 5s});
    cache.put("", "the empty key");
    cache.put("page", page, 60s);
    cache.put("Rügen", "", 24h);
    for (auto const key : {"page", "page", "Rügen", "nothing"}) cache.get(key);
    if (version < 3) return;
    cache.fill_negative("absent", 0s, 0);
    cache.lookup("absent");
    cache.lookup("loading");
}

}  // namespace hotswap_golden
