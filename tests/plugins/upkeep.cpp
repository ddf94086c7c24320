// The pace of the upkeep, on a fake host whose timers only the test runs.
#include "shared/upkeep.hpp"
#include "plugins/classes.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>

using hotswap::plugins::upkeep;
using hotswap::plugins::upkeep_period;
using namespace std::chrono_literals;

namespace {

using numbers = hotswap::table<std::uint32_t, std::uint32_t>;

numbers filled(std::uint32_t count) {
    numbers made;
    for (std::uint32_t i = 0; i != count; ++i) made.try_emplace(i, i);
    return made;
}

/// Runs the timers for `time`; returns the most rows that left in one period.
template <class Rows>
std::uint64_t most_in_a_period(hotswap::testing::fake_host& host, std::chrono::nanoseconds time, Rows rows) {
    std::uint64_t most = 0;
    for (auto left = time; left > 0s; left -= upkeep_period) {
        std::uint64_t const before = rows();
        host.advance(upkeep_period);
        most = std::max(most, before - rows());
    }
    return most;
}

/// The shard in which the upkeep stands when rows expire is passed twice.
constexpr std::chrono::nanoseconds and_a_shard = 1s;

}  // namespace

TEST_CASE("upkeep: the few rows in a table that a million have left are all met in each interval") {
    auto rows = filled(1'000'000);
    rows.erase_if([](auto& row) { return row.first >= 2000; });
    hotswap::testing::fake_host host;
    upkeep keeper;
    for (int interval = 0; interval != 3; ++interval) {
        std::set<std::uint32_t> met;
        std::size_t visits = 0;
        for (std::chrono::nanoseconds left = 1min + and_a_shard; left > 0s; left -= upkeep_period)
            keeper.run(host.host(), rows.size(), 1min, [&](hotswap::table_cursor& cursor, std::size_t most) {
                visits += rows.csweep(cursor, most, [&](auto& row) {
                    met.insert(row.first);
                    return false;
                });
            });
        CHECK(met.size() == 2000);
        CHECK(visits < 4000);  // and no row in each call
    }
}

TEST_CASE("upkeep: a call has at most 4096 rows, in slices of 64, and none while callers should leave") {
    auto rows = filled(100'000);
    hotswap::testing::fake_host host;
    upkeep keeper;
    std::size_t asked = 0;
    auto const run = [&](std::chrono::nanoseconds interval, std::size_t drain_after) {
        asked = 0;
        std::size_t slices = 0;
        keeper.run(host.host(), rows.size(), interval, [&](hotswap::table_cursor& cursor, std::size_t most) {
            CHECK(most <= upkeep::rows_in_a_slice);
            asked += most;
            rows.csweep(cursor, most, [](auto&) { return false; });
            if (++slices == drain_after) host.begin_drain();
        });
        host.end_drain();
    };
    for (std::chrono::nanoseconds const interval : {1ns, 100'000'000ns, 101'000'000ns, 1'000'000'000ns}) {
        CAPTURE(interval.count());
        for (int i = 0; i != 50; ++i) {
            run(interval, 0);
            REQUIRE(asked <= upkeep::rows_at_once);
        }
    }
    run(100ms, 3);
    CHECK(asked == 3 * upkeep::rows_in_a_slice);
}

TEST_CASE("upkeep: a cache whose entries expire together is empty one interval later") {
    hotswap::testing::fake_host host;
    hotswap::testing::component<hotswap_test::cache_class> cache{host};
    cache->configure({.max_entries = 100'000, .cleanup_interval = 10s});
    for (int i = 0; i != 20'000; ++i) cache->put(std::to_string(i), "value", 30s);
    host.advance(30s - 1ns);
    CHECK(cache->stats().entries == 20'000);
    CHECK(most_in_a_period(host, 10s + and_a_shard, [&] { return cache->stats().entries; }) <=
          upkeep::rows_at_once);
    CHECK(cache->stats().entries == 0);
}

TEST_CASE("upkeep: a session manager whose sessions expire together is empty one interval later") {
    hotswap::testing::fake_host host;
    hotswap::testing::component<hotswap_test::session_class> sessions{host};
    sessions->configure({.cleanup_interval = 10s});
    for (int i = 0; i != 20'000; ++i)
        sessions->open("user " + std::to_string(i / 10), hotswap::contracts::session_options{.ttl = 30s});
    host.advance(30s - 1ns);
    CHECK(sessions->stats().live == 20'000);
    CHECK(most_in_a_period(host, 10s + and_a_shard, [&] { return sessions->stats().live; }) <=
          upkeep::rows_at_once);
    CHECK(sessions->stats().live == 0);
}

TEST_CASE("upkeep: a rate limiter whose clients are idle together has forgotten them a minute later") {
    hotswap::testing::fake_host host;
    hotswap::testing::component<hotswap_test::limiter_class> limiter{host};
    limiter->configure({.client = {.tokens = 1, .per = 1ms, .burst = 1}});
    for (int i = 0; i != 100'000; ++i) limiter->acquire("client " + std::to_string(i), 1);
    host.advance(1min);
    CHECK(limiter->stats().clients == 100'000);
    CHECK(most_in_a_period(host, 1min + and_a_shard, [&] { return limiter->stats().clients; }) <=
          upkeep::rows_at_once);
    CHECK(limiter->stats().clients == 0);
}
