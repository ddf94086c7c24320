// The content of the golden snapshots, in one place for the tool that wrote them and the tests that read
// them.
#pragma once

#include <hotswap/contracts/cache.hpp>
#include <hotswap/contracts/session.hpp>

#include <array>
#include <chrono>
#include <string_view>

namespace hotswap_golden {

using namespace std::chrono_literals;

/// The releases of every shipped component; the index is the version of the state.
inline constexpr std::array<std::string_view, 3> releases{"0.1.0", "1.0.0", "2.0.0"};

/// The time at which every golden snapshot was taken.
inline constexpr std::chrono::system_clock::time_point moment{1'750'000'000s};

/// Sessions exported from before hotswap: the only sessions whose tokens are known beforehand.
inline constexpr std::string_view sessions =
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\tada\t1750003600\n"
    "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210\tbob\t1750000060\n"
    "a token of another shape\tGräfin von Rügen\t4102444800\n";

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

/// Fills version `version` of the session manager, which was loaded with `sessions`.
inline void fill(hotswap::contracts::session& manager, int version) {
    if (version > 0) manager.configure({.default_timeout = 2h, .cleanup_interval = 10s});
    if (version > 1) manager.configure({.per_user_limit = 3});
    manager.close(manager.open("eve", 30s));
}

}  // namespace hotswap_golden
