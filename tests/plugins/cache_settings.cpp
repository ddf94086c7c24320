#include "plugins/cache_values.hpp"

#include <mutex>

using namespace hotswap_test;
using hotswap::contracts::cache_settings;
using hotswap::contracts::metric;
using hotswap::contracts::setting;

TEST_CASE("cache: settings go up and down with the state, and a setting that a release lacks is refused") {
    values values("1.0.0", {.max_entries = 500, .default_ttl = 10s, .cleanup_interval = 5s});
    CHECK(refused([&] { values->configure({.max_entries = 600, .byte_budget = 1'000'000}); }) ==
          "cache 1.0.0 has no byte_budget; swap to 2.0.0 or newer first");
    CHECK_THROWS_AS(values->configure({.max_entries = 15}), std::invalid_argument);
    CHECK_THROWS_AS(values->configure({.default_ttl = 0ns}), std::invalid_argument);
    CHECK_THROWS_AS(values->configure({.max_entries = 16, .cleanup_interval = 1ms}), std::invalid_argument);
    values.swap("2.0.0");
    CHECK_THROWS_AS(values->configure({.byte_budget = 1'000}), std::invalid_argument);
    CHECK(refused([&] { values->configure({.lease_time = 1s}); }) ==
          "cache 2.0.0 has no lease_time; swap to 3.0.0 or newer first");
    cache_settings expected{
        .max_entries = 500, .default_ttl = 10s, .cleanup_interval = 5s, .byte_budget = 67'108'864};
    CHECK(values->current_settings() == expected);
    values.swap("3.0.0");
    expected.default_stale_for = 0s;
    expected.negative_ttl = 10s;
    expected.lease_time = 10s;
    CHECK(values->current_settings() == expected);
    values.move_to("1.0.0");
    CHECK(values->current_settings() ==
          cache_settings{.max_entries = 500, .default_ttl = 10s, .cleanup_interval = 5s});
    values.move_to("0.1.0");
    CHECK(values->current_settings() == cache_settings{});
    CHECK(refused([&] { values->configure({.max_entries = 500}); }) ==
          "cache 0.1.0 has no max_entries; swap to 1.0.0 or newer first");
}

TEST_CASE("cache: settings are set by name, whole or not at all, and an unknown one is named") {
    values values("3.0.0");
    auto const before = values->current_settings();
    std::vector<setting> const good{
        {"max_entries", "320"}, {"default_stale_for", "5min"}, {"lease_time", "2s"}};
    values->configure(good);
    CHECK(values->current_settings().max_entries == 320);
    CHECK(values->current_settings().default_stale_for == 300s);
    CHECK(values->current_settings().lease_time == 2s);
    CHECK(values->current_settings().default_ttl == before.default_ttl);
    auto const now = values->current_settings();
    auto const by_name = [&values](std::vector<setting> const& wanted) {
        return refused([&] { values->configure(wanted); });
    };
    CHECK(by_name({{"max_entries", "99"}, {"max_entry", "5"}}) ==
          "there is no setting max_entry; the settings are max_entries, byte_budget, default_ttl, "
          "cleanup_interval, default_stale_for, negative_ttl, lease_time");
    CHECK(by_name({{"max_entries", "99"}, {"lease_time", "0s"}}).find("lease_time") == 0);
    CHECK(by_name({{"max_entries", "99"}, {"lease_time", "soon"}}).find("soon") != std::string::npos);
    CHECK(by_name({{"max_entries", "many"}}).find("many") != std::string::npos);
    CHECK(values->current_settings() == now);
    values.move_to("1.0.0");
    CHECK(by_name({{"size", "5"}}) ==
          "there is no setting size; the settings are max_entries, default_ttl, cleanup_interval");
    CHECK(by_name({{"byte_budget", "70000"}}) ==
          "cache 1.0.0 has no byte_budget; swap to 2.0.0 or newer first");
}

TEST_CASE("cache: release 0 says that it has no settings, whatever the name") {
    values values("0.1.0");
    auto const by_name = [&values](std::vector<setting> const& wanted) {
        return refused([&] { values->configure(wanted); });
    };
    CHECK(by_name({{"size", "5"}}) ==
          "there is no setting size; this release has no settings, newer ones have");
    CHECK(by_name({{"max_entries", "99"}, {"size", "5"}}) ==
          "there is no setting max_entries; this release has no settings, newer ones have");
    CHECK(by_name({{"max_entries", "99"}}) == "cache 0.1.0 has no max_entries; swap to 1.0.0 or newer first");
    CHECK(by_name({}) == "not refused");
}

TEST_CASE("cache: a change of settings is one line in the log, with the old and the new values") {
    std::mutex mutex;
    std::vector<std::string> lines;
    values values("1.0.0");
    auto const listening = values.runtime.subscribe([&](hotswap::event const& happened) {
        std::lock_guard const lock(mutex);
        if (happened.message.find("cache: ") != std::string::npos) lines.emplace_back(happened.message);
    });
    values->configure({.max_entries = 500, .default_ttl = 10s});
    values->configure({.max_entries = 500});
    CHECK_THROWS_AS(values->configure({.max_entries = 5}), std::invalid_argument);
    std::lock_guard const lock(mutex);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].find("max_entries 10000 → 500, default_ttl 5min → 10s") != std::string::npos);
}

TEST_CASE(
    "cache: counts have Prometheus names, go along in swaps, and begin with the release that has them") {
    values values("3.0.0", {.max_entries = 16});
    for (int i = 0; i != 20; ++i) values->put(std::to_string(i), "v", 10s);
    values->put("absent", "v", 10s);
    CHECK(values->get("absent"));
    CHECK_FALSE(values->get("nothing"));
    auto const of = [&values](std::string_view name) -> std::optional<std::uint64_t> {
        for (metric const& each : values->metrics())
            if (each.name == name) return each.value;
        return std::nullopt;
    };
    for (auto const release : {"3.0.0"sv, "2.0.0"sv, "1.0.0"sv, "3.0.0"sv}) {
        CAPTURE(release);
        values.move_to(release);
        CHECK(of("hotswap_cache_hits_total") == 1);
        CHECK(of("hotswap_cache_misses_total") == 1);
        CHECK(of("hotswap_cache_evictions_total") == 5);
        CHECK(of("hotswap_cache_expirations_total") == 0);
        CHECK(of("hotswap_cache_entries") == 16);
        CHECK(of("hotswap_cache_coalesced_total").has_value() == (release == "3.0.0"));
    }
    values.move_to("0.1.0");
    CHECK(values->metrics().size() == 2);
}
