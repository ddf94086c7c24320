// The content of the rate limiter's golden snapshots, for the tool that wrote them and the tests that read
// them.
#pragma once

#include <hotswap/contracts/rate_limiter.hpp>

#include <array>
#include <chrono>
#include <string_view>

namespace hotswap_golden {

/// The settings in the snapshot of version `version`.
inline hotswap::contracts::rate_settings rate_settings_of(int version) {
    using namespace std::chrono_literals;
    hotswap::contracts::rate_settings settings{.client = {.tokens = 10, .burst = 20}};
    if (version > 0) settings.global = {.tokens = 1000, .burst = 5000};
    if (version > 2) {
        settings.penalty = {.violations = 2, .decay = 10s, .block = 1min};
        settings.plans = {{.client = "gold/ada", .prefix = false, .limit = {.tokens = 50, .burst = 80}},
                          {.client = "gold/", .prefix = true, .limit = {.tokens = 20, .burst = 40}}};
    }
    return settings;
}

/// Fills version `version` of the limiter: "ada" has 15 tokens left, "bob" none and one refusal; from
/// version 3 on, "eve" is blocked and "gold/ada" has 70 tokens left.
inline void fill(hotswap::contracts::rate_limiter& limiter, int version) {
    limiter.configure(rate_settings_of(version));
    limiter.acquire("ada", 5);
    limiter.acquire("bob", 20);
    limiter.acquire("bob", 1);
    if (version < 3) return;
    limiter.acquire("eve", 21);
    limiter.acquire("eve", 21);
    limiter.acquire("gold/ada", 10);
}

}  // namespace hotswap_golden
