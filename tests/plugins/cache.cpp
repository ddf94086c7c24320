#include "plugins/cache_values.hpp"

#include <thread>

using namespace hotswap_test;
using hotswap::contracts::cache_entry;
using hotswap::contracts::cache_settings;

TEST_CASE("cache: every release stores, replaces and forgets values") {
    for (auto const release : releases) {
        CAPTURE(release);
        values values(release);
        CHECK_FALSE(values->get("k"));
        values->put("k", "one");
        CHECK(values->get("k") == "one");
        values->put("k", "another one");
        values->put("", "");
        CHECK(values->get("k") == "another one");
        CHECK(values->get("") == "");
        CHECK(values->stats().entries == 2);
        CHECK(values->stats().bytes > 2 * 64);
        CHECK(values->erase("k"));
        CHECK_FALSE(values->erase("k"));
        CHECK_FALSE(values->get("k"));
        CHECK(values->erase(""));
        CHECK(values->stats().bytes == 0);
    }
}

TEST_CASE("cache: a value is served until its time to live is over, by default 300 s") {
    for (auto const release : releases) {
        CAPTURE(release);
        values values(release);
        values->put("short", "v", 2s);
        values->put("default", "v");
        values.clock.step(2s - 1ns);
        CHECK(values->get("short"));
        values.clock.step(1ns);
        CHECK_FALSE(values->get("short"));
        CHECK_FALSE(values->erase("short"));
        values->put("short", "again", 2s);
        CHECK(values->get("short") == "again");
        values.clock.step(298s - 1ns);
        CHECK(values->get("default"));
        values.clock.step(1ns);
        CHECK_FALSE(values->get("default"));
    }
}

TEST_CASE("cache: batches answer in order, and one with a ttl out of range stores nothing") {
    for (auto const release : releases) {
        CAPTURE(release);
        values values(release);
        std::vector<cache_entry> entries{{"a", "1", 1s}, {"b", "2"}, {"a", "3"}};
        values->put(entries);
        std::vector<std::string_view> const keys{"b", "nothing", "a"};
        auto const found = values->get(keys);
        REQUIRE(found.size() == 3);
        CHECK(found[0] == "2");
        CHECK_FALSE(found[1]);
        CHECK(found[2] == "3");
        entries = {{"c", "4"}, {"d", "5", -1ns}};
        CHECK_THROWS_AS(values->put(entries), std::invalid_argument);
        CHECK_THROWS_AS(values->put("c", "4", -1ns), std::invalid_argument);
        CHECK_THROWS_AS(values->put("c", "4", std::chrono::nanoseconds::max()), std::invalid_argument);
        CHECK_FALSE(values->get("c"));
    }
}

TEST_CASE("cache: a clock that steps back serves on and breaks nothing") {
    for (auto const release : releases) {
        CAPTURE(release);
        values values(release);
        values->put("k", "v", 10s);
        values.clock.step(-24h);
        CHECK(values->get("k") == "v");
        values->put("k", "w", 10s);
        values.clock.step(10s);
        CHECK_FALSE(values->get("k"));
    }
}

TEST_CASE("cache: release 0 holds 10 000 entries and lets go of what expires first") {
    values values("0.1.0");
    for (int i = 0; i != 3000; ++i) values->put("early" + std::to_string(i), "v", 100s);
    for (int i = 0; i != 9000; ++i) values->put("late" + std::to_string(i), "v", 200s);
    CHECK(values->stats().entries == 10'000);
    CHECK(values.found("late", 9000) > 8800);
    CHECK(values.found("early", 3000) < 1300);
}

TEST_CASE("cache: release 1 holds max_entries and lets go of what was used longest ago, also after a swap") {
    values values("1.0.0", {.max_entries = 320});
    values.put_many("used", 40);
    values.put_many("unused", 40);
    values.move_to("3.0.0");
    values.move_to("1.0.0");
    values.put_many("later", 40);
    CHECK(values.found("used", 40) == 40);
    values.swap("1.0.0");
    values.put_many("new", 230);
    CHECK(values->stats().entries == 320);
    CHECK(values.found("used", 40) > values.found("unused", 40));
    values.put_many("newest", 2000);
    CHECK(values->stats().entries == 320);
    CHECK(values.found("used", 40) == 0);
}

TEST_CASE("cache: a scan drives used entries out of release 1, but not out of releases 2 and 3") {
    for (auto const release : {"1.0.0"sv, "2.0.0"sv, "3.0.0"sv}) {
        CAPTURE(release);
        values values(release, {.max_entries = 320});
        values.put_many("hot", 64);
        for (int i = 0; i != 3; ++i) {
            values->put("between", "counts at most one use");
            CHECK(values.found("hot", 64) == 64);
        }
        values.put_many("scan", 5000);
        CHECK(values->stats().entries == 320);
        if (release == "1.0.0")
            CHECK(values.found("hot", 64) == 0);
        else
            CHECK(values.found("hot", 64) > 60);
    }
}

TEST_CASE(
    "cache: from release 2 on a key that comes back soon after its eviction stays through the next scan") {
    for (auto const release : {"2.0.0"sv, "3.0.0"sv}) {
        CAPTURE(release);
        values values(release, {.max_entries = 320});
        values.put_many("again", 32);
        values.put_many("once", 32);
        values.put_many("scan", 500);
        CHECK(values->stats().evictions > 0);
        values.swap(release);
        values.put_many("again", 32);
        values.put_many("longer scan", 1000);
        CHECK(values.found("again", 32) > 16);
        CHECK(values.found("once", 32) < 4);
    }
}

TEST_CASE("cache: from release 2 on the byte budget is kept, and a value that can never fit is not kept") {
    for (auto const release : {"2.0.0"sv, "3.0.0"sv}) {
        CAPTURE(release);
        values values(release, {.byte_budget = 160'000});
        std::string const kilobyte(1'000, 'x');
        for (int i = 0; i != 1'000; ++i) {
            values->put(std::to_string(i), kilobyte);
            REQUIRE(values->stats().bytes <= 160'000);
        }
        CHECK(values->stats().entries > 100);
        CHECK(values->stats().evictions == 1'000 - values->stats().entries);
        values->put("k", "small");
        values->put("k", std::string(170'000, 'x'));
        CHECK_FALSE(values->get("k"));
        values->put("k", std::string(50'000, 'x'));
        CHECK(values->get("k"));
        values.put_many("small", 2);
        CHECK(values->stats().bytes <= 160'000);
        values->configure({.byte_budget = 65'536});
        for (int i = 0; i != 200; ++i) values->put("later" + std::to_string(i), "v");
        CHECK(values->stats().bytes <= 65'536);
        CHECK(values->stats().entries > 0);
    }
}

TEST_CASE("cache: a large value among small ones exceeds the budget by no more than itself") {
    values values("3.0.0", {.byte_budget = 1'000'000});
    for (int i = 0; i != 20'000; ++i) values->put(std::to_string(i), "v");
    std::string const large(100'000, 'x');
    for (int i = 0; i != 1'000; ++i) {
        values->put("large" + std::to_string(i), large);
        REQUIRE(values->stats().bytes <= 1'000'000 + 101'000);
    }
    CHECK(values.found("large", 1'000) > 4);
    values.put_many("small", 10);
    CHECK(values->stats().bytes <= 1'000'000);
}

TEST_CASE(
    "cache: the byte budget is an argument of the upgrade, a wrong one leaves the old release serving") {
    values values("1.0.0");
    values->put("k", "v");
    for (auto const wrong : {"", "1k", "-1", "100", "99999999999999999999999"}) {
        CAPTURE(wrong);
        auto const refused = values.refusal("2.0.0", {.arguments = {{"byte_budget", wrong}}});
        CHECK(refused.code == hotswap::errc::migration_failed);
        CHECK(refused.old_serving);
        CHECK(refused.message.find("byte_budget") != std::string::npos);
    }
    CHECK(values->get("k") == "v");
    values.swap("2.0.0", {.arguments = {{"byte_budget", "1000000"}}});
    CHECK(values->current_settings().byte_budget == 1'000'000);
    CHECK(values->get("k") == "v");
}

TEST_CASE("cache: values and their expiry survive every swap, up and down") {
    values values("0.1.0");
    values->put("short", "a", 50s);
    values->put("long", "b", 1000s);
    for (auto const release :
         {"1.0.0"sv, "3.0.0"sv, "1.0.0"sv, "0.1.0"sv, "2.0.0"sv, "3.0.0"sv, "0.1.0"sv, "3.0.0"sv}) {
        CAPTURE(release);
        values.move_to(release);
        values.clock.step(5s);
        CHECK(values->get("short") == "a");
        CHECK(values->get("long") == "b");
        values->put(release, release);
    }
    values.clock.step(10s);
    CHECK_FALSE(values->get("short"));
    CHECK(values->get("long") == "b");
    CHECK(values->get("0.1.0") == "0.1.0");
}

TEST_CASE("cache: counters begin with release 1 and never go back from there") {
    values values("0.1.0");
    values->put("k", "v");
    CHECK(values->get("k"));
    CHECK(values->stats().hits == 0);
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    for (auto const release : {"1.0.0"sv, "2.0.0"sv, "3.0.0"sv, "2.0.0"sv, "1.0.0"sv, "3.0.0"sv}) {
        CAPTURE(release);
        values.move_to(release);
        CHECK(values->stats().hits == hits);
        CHECK(values->stats().misses == misses);
        CHECK(values->get("k"));
        CHECK_FALSE(values->get("nothing"));
        CHECK(values->stats().hits == ++hits);
        CHECK(values->stats().misses == ++misses);
    }
}

TEST_CASE("cache: every downgrade is named as lossy and refused without leave") {
    values values("3.0.0");
    values->put("k", "v");
    CHECK(values.plan("2.0.0").losses.size() == 1);
    CHECK(values.plan("1.0.0").losses.size() == 2);
    CHECK(values.plan("0.1.0").losses.size() == 3);
    for (auto const release : {"2.0.0"sv, "1.0.0"sv, "0.1.0"sv})
        CHECK(values.refusal(release).code == hotswap::errc::lossy_refused);
    CHECK(values->get("k") == "v");
}

TEST_CASE("cache: every limit on input is stated by the refusal, and nothing is stored") {
    for (auto const release : releases) {
        CAPTURE(release);
        values values(release);
        std::string const long_key(4'097, 'k');
        std::string const large(1'048'577, 'v');
        std::vector<cache_entry> const too_many(1'001, cache_entry{"k", "v"});
        std::vector<std::string_view> const too_many_keys(1'001, "k");
        CHECK(refused([&] { values->get(long_key); }) == "a key is 4097 long, expected at most 4096");
        CHECK(refused([&] { values->put(long_key, "v"); }) == "a key is 4097 long, expected at most 4096");
        CHECK(refused([&] { values->erase(long_key); }) == "a key is 4097 long, expected at most 4096");
        CHECK(refused([&] { values->put("k", large); }) ==
              "a value is 1048577 long, expected at most 1048576");
        CHECK(refused([&] { values->put(too_many); }) == "a batch is 1001 long, expected at most 1000");
        CHECK(refused([&] { values->get(too_many_keys); }) == "a batch is 1001 long, expected at most 1000");
        CHECK(values->stats().entries == 0);
        values->put(std::string_view(long_key).substr(1), std::string_view(large).substr(1));
        CHECK(values->stats().entries == 1);
    }
}

TEST_CASE("cache: two threads find what they put while the releases change under them") {
    values values("0.1.0");
    std::atomic<int> wrong = 0;
    {
        auto const caller = [&values, &wrong](std::string const& who) {
            for (int i = 0; i != 5'000; ++i) {
                auto const key = who + std::to_string(i % 100);
                auto const value = who + std::to_string(i);
                values->put(key, value);
                wrong += values->get(key) == value ? 0 : 1;
            }
        };
        std::jthread const first(caller, "ada");
        std::jthread const second(caller, "bob");
        for (auto const release :
             {"1.0.0"sv, "2.0.0"sv, "3.0.0"sv, "2.0.0"sv, "1.0.0"sv, "0.1.0"sv, "3.0.0"sv})
            values.move_to(release);
    }
    CHECK(wrong == 0);
    CHECK(values->stats().entries == 200);
}
