// The content of the golden snapshots, in one place for the tool that wrote them and the tests that read
// them.
#pragma once

#include <hotswap/contracts/cache.hpp>

#include <array>
#include <chrono>
#include <string_view>

namespace hotswap_golden {

using namespace std::chrono_literals;

/// The releases of every shipped component; the index is the version of the state.
inline constexpr std::array<std::string_view, 4> releases{"0.1.0", "1.0.0", "2.0.0", "3.0.0"};

/// The time at which every golden snapshot was taken.
inline constexpr std::chrono::system_clock::time_point moment{1'750'000'000s};


/// A value that no C string could hold.
inline constexpr std::string_view page{"one\0two\n", 8};

/// Fills version `version` of the cache: three entries, three hits and a miss.
inline void fill(hotswap::contracts::cache& cache, int version) {
    if (version > 0) cache.configure({.max_entries = 320, .default_ttl = 100s, .cleanup_interval = 10s});
    if (version > 1) cache.configure({.byte_budget = 1'000'000});
    cache.put("", "the empty key");
    cache.put("page", page, 60s);
    cache.put("Rügen", "", 24h);
    for (auto const key : {"page", "page", "Rügen", "nothing"}) cache.get(key);
}

}  // namespace hotswap_golden
