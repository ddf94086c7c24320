// The content of the session manager's golden snapshots, for the tool that wrote them and the tests that read them.
#pragma once

#include <hotswap/contracts/session.hpp>

#include <array>
#include <chrono>
#include <string_view>

namespace hotswap_golden {

/// Sessions exported from before hotswap: the only sessions whose tokens are known beforehand.
inline constexpr std::string_view sessions =
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\tada\t1750003600\n"
    "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210\tbob\t1750000060\n"
    "a token of another shape\tGräfin von Rügen\t4102444800\n"
    "another token\tada\t1750003600\n";

/// Fills version `version` of the session manager, which was loaded with `sessions`.
inline void fill(hotswap::contracts::session& manager, int version) {
    using namespace std::chrono_literals;
    if (version > 0) manager.configure({.default_timeout = 2h, .cleanup_interval = 10s});
    if (version > 1) manager.configure({.per_user_limit = 3});
    if (version > 2) {
        manager.configure({.absolute_timeout = 24h});
        manager.set_attribute("another token", "device", "a telephone");
        manager.set_attribute("another token", "city", "Täschchen");
        manager.open("zoe", {.ttl = 2h, .absolute = 3h, .attributes = {{"device", "a clock"}}});
    }
    manager.close(manager.open("eve", 30s));
}

}  // namespace hotswap_golden
