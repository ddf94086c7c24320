// Stale values, one load for many callers, remembered absences.
#include "plugins/cache_values.hpp"

#include <latch>
#include <thread>

using namespace hotswap_test;
using hotswap::contracts::cache_fill;
using hotswap::contracts::cache_lookup;
using hotswap::contracts::cache_state;

TEST_CASE("cache: of many callers that miss a key one is to load it, and all find what it loads") {
    values values("3.0.0");
    auto const first = values->lookup("k");
    CHECK(first.state == cache_state::missing);
    REQUIRE(first.lease != 0);
    for (int i = 0; i != 3; ++i) CHECK(values->lookup("k") == cache_lookup{});
    CHECK(values->lookup("another").lease != 0);
    CHECK(values->fill("k", "loaded", {.lease = first.lease}));
    CHECK(values->lookup("k") == cache_lookup{cache_state::fresh, "loaded"});
    CHECK(values->stats().coalesced == 3);
    CHECK(values->stats().misses == 5);
    CHECK(values->stats().hits == 1);
    CHECK_FALSE(values->fill("k", "again", {.lease = first.lease}));
    CHECK(values->get("k") == "loaded");
}

TEST_CASE("cache: a stale value is served while one caller loads, until stale_for is over") {
    values values("3.0.0");
    CHECK(values->fill("k", "old", {.ttl = 10s, .stale_for = 5s}));
    values.clock.step(10s);
    auto const found = values->lookup("k");
    CHECK(found.state == cache_state::stale);
    CHECK(found.value == "old");
    REQUIRE(found.lease != 0);
    CHECK(values->lookup("k") == cache_lookup{cache_state::stale, "old"});
    CHECK_FALSE(values->get("k"));
    CHECK(values->fill("k", "new", {.ttl = 10s, .stale_for = 0s, .lease = found.lease}));
    CHECK(values->get("k") == "new");
    CHECK(values->stats().stale_hits == 2);
    values.clock.step(10s);
    CHECK(values->lookup("k").state == cache_state::missing);
    values->configure({.default_stale_for = 1min});
    values->put("k", "v", 10s);
    values.clock.step(69s);
    CHECK(values->lookup("k").state == cache_state::stale);
    values.clock.step(1s);
    CHECK(values->lookup("k").state == cache_state::missing);
}

TEST_CASE(
    "cache: a lease ends by its time, by erase, by put and by abandon, and what was loaded by it is not "
    "stored") {
    values values("3.0.0", {.lease_time = 2s});
    auto const lease_of_k = [&values] {
        auto const lease = values->lookup("k").lease;
        REQUIRE(lease != 0);
        return lease;
    };
    auto lease = lease_of_k();
    values.clock.step(2s);
    CHECK_FALSE(values->fill("k", "late", {.lease = lease}));
    auto const next = lease_of_k();
    CHECK_FALSE(values->abandon("k", lease));
    CHECK(values->lookup("k").lease == 0);
    CHECK(values->abandon("k", next));
    lease = lease_of_k();
    values->erase("k");
    CHECK_FALSE(values->fill("k", "from before the erase", {.lease = lease}));
    CHECK_FALSE(values->get("k"));
    lease = lease_of_k();
    values->put("k", "newer");
    CHECK_FALSE(values->fill("k", "older", {.lease = lease}));
    CHECK_FALSE(values->fill_negative("k", 0s, lease));
    CHECK(values->get("k") == "newer");
}

TEST_CASE("cache: an absence is remembered for negative_ttl, and a value replaces it") {
    values values("3.0.0", {.negative_ttl = 3s});
    auto const lease = values->lookup("k").lease;
    CHECK(values->fill_negative("k", 0s, lease));
    CHECK(values->lookup("k") == cache_lookup{cache_state::negative});
    CHECK_FALSE(values->get("k"));
    CHECK_FALSE(values->erase("k"));
    CHECK(values->lookup("k").state == cache_state::missing);
    CHECK(values->fill_negative("k", 0s, 0));
    CHECK(values->stats().negative_hits == 2);
    values.clock.step(3s);
    CHECK(values->lookup("k").state == cache_state::missing);
    CHECK(values->fill_negative("k", 1h, 0));
    values->put("k", "v");
    CHECK(values->get("k") == "v");
}

TEST_CASE(
    "cache: leases, absences and stale values go along in a swap of release 3, and a downgrade counts "
    "right") {
    values values("3.0.0", {.default_stale_for = 1h});
    values->put("stale", "old", 1s);
    values->put("fresh", "v");
    for (int i = 0; i != 50; ++i) values->fill_negative("a key of some length " + std::to_string(i), 1h, 0);
    auto const lease = values->lookup("loading").lease;
    values.clock.step(1s);
    values.swap("3.0.0", {.even_if_unchanged = true});
    CHECK(values->lookup("stale").value == "old");
    CHECK(values->lookup("loading").lease == 0);
    CHECK(values->fill("loading", "v", {.lease = lease}));
    CHECK(values->stats().entries == 53);
    values.move_to("2.0.0");
    CHECK(values->stats().entries == 3);
    CHECK(values->stats().bytes < 600);
    CHECK(values->get("loading") == "v");
    CHECK(refused([&] { values->lookup("k"); }) == "cache 2.0.0 has no lookup; swap to 3.0.0 or newer first");
    CHECK(refused([&] { values->fill("k", "v", {}); }) ==
          "cache 2.0.0 has no fill; swap to 3.0.0 or newer first");
    CHECK(refused([&] { values->fill_negative("k", 0s, 0); }).find("fill_negative") != std::string::npos);
    CHECK(refused([&] { values->abandon("k", 1); }).find("abandon") != std::string::npos);
    values.swap("3.0.0");
    CHECK(values->lookup("a key of some length 7").state == cache_state::missing);
    CHECK(values->lookup("stale").state == cache_state::missing);
}

TEST_CASE("cache: the limits of a load are refused in words") {
    values values("3.0.0");
    std::string const long_key(4'097, 'k');
    CHECK(refused([&] { values->lookup(long_key); }) == "a key is 4097 long, expected at most 4096");
    CHECK(refused([&] { values->fill_negative(long_key, 0s, 0); }).find("4097") != std::string::npos);
    CHECK(refused([&] { values->fill("k", "v", {.stale_for = -1s}); }).find("stale_for is") == 0);
    CHECK(refused([&] { values->fill("k", "v", {.ttl = -1s}); }).find("ttl") != std::string::npos);
    CHECK(refused([&] { values->fill_negative("k", -1s, 0); }).find("ttl") != std::string::npos);
    CHECK(values->stats().entries == 0);
}

TEST_CASE("cache: no more than 65 536 loads are remembered at a time, and older ones lose their leases") {
    values values("3.0.0", {.byte_budget = 16'777'216});
    std::vector<std::uint64_t> leases;
    for (int i = 0; i != 70'000; ++i) leases.push_back(values->lookup(std::to_string(i)).lease);
    int kept = 0;
    for (int i = 0; i != 70'000; ++i)
        kept += values->fill(std::to_string(i), "v", {.lease = leases[static_cast<std::size_t>(i)]}) ? 1 : 0;
    CHECK(kept == 65'536);
}

TEST_CASE("cache: two threads load each key once between them, while the cache is swapped") {
    values values("3.0.0");
    constexpr int keys = 2'000;
    std::vector<std::atomic<int>> loads(keys);
    std::atomic<int> wrong = 0;
    {
        auto const caller = [&] {
            for (int i = 0; i != keys; ++i) {
                auto const key = std::to_string(i);
                for (;;) {
                    auto const found = values->lookup(key);
                    if (found.state == cache_state::fresh) {
                        wrong += found.value == key ? 0 : 1;
                        break;
                    }
                    if (found.lease == 0) continue;
                    ++loads[static_cast<std::size_t>(i)];
                    wrong += values->fill(key, key, {.lease = found.lease}) ? 0 : 1;
                }
            }
        };
        std::jthread const first(caller);
        std::jthread const second(caller);
        for (int i = 0; i != 4; ++i) values.swap("3.0.0", {.even_if_unchanged = true});
    }
    CHECK(wrong == 0);
    CHECK(std::all_of(loads.begin(), loads.end(), [](auto const& count) { return count == 1; }));
}
