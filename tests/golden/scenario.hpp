// The content of the golden snapshots, in one place for the tool that wrote them and the tests that read
// them.
#pragma once

#include <hotswap/contracts/rate_limiter.hpp>
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

/// Fills version `version` of the limiter: "ada" has 15 tokens left, "bob" none and one refusal.
inline void fill(hotswap::contracts::rate_limiter& limiter, int version) {
    hotswap::contracts::rate_limits limits{.client = {.tokens = 10, .burst = 20}};
    if (version > 0) limits.global = {.tokens = 1000, .burst = 5000};
    limiter.configure(limits);
    limiter.admit("ada", 5);
    limiter.admit("bob", 20);
    limiter.admit("bob", 1);
}

/// Fills version `version` of the session manager, which was loaded with `sessions`.
inline void fill(hotswap::contracts::session& manager, int version) {
    if (version > 0) manager.configure({.default_timeout = 2h, .cleanup_interval = 10s});
    if (version > 1) manager.configure({.per_user_limit = 3});
    manager.close(manager.open("eve", 30s));
}

}  // namespace hotswap_golden
