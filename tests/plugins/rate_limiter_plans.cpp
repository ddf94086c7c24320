#include "plugins/rate_limiter.hpp"

#include <stdexcept>

using namespace hotswap_test;

namespace {

rate_plan plan(std::string client, bool prefix, std::uint32_t burst) {
    return {
        .client = std::move(client), .prefix = prefix, .limit = {.tokens = 1, .burst = burst}, .penalty{}};
}

rate_settings with(std::vector<rate_plan> plans) {
    return {.client = {.tokens = 1, .burst = 1}, .plans = std::move(plans)};
}

rate_settings with(rate_penalty const& penalty) {
    return {.client = {.tokens = 1, .per = 1h, .burst = 1}, .penalty = penalty};
}

}  // namespace

TEST_CASE("rate_limiter: the plan for a client's whole name wins, then the longest prefix") {
    limiter limiter("3.0.0",
                    with({plan("gold", false, 2), plan("gold", true, 3), plan("g", true, 4),
                          plan("golden/", true, 5), plan("gold/a/b", true, 6), plan("h", false, 7)}));
    CHECK(limiter.remaining("gold") == 2);
    CHECK(limiter.remaining("golde") == 3);
    CHECK(limiter.remaining("golden/1") == 5);
    CHECK(limiter.remaining("gold/a/c") == 3);
    CHECK(limiter.remaining("gold/a/b") == 6);
    CHECK(limiter.remaining("gold/a/b/c") == 6);
    CHECK(limiter.remaining("gol") == 4);
    CHECK(limiter.remaining("green") == 4);
    CHECK(limiter.remaining("h") == 7);
    CHECK(limiter.remaining("h1") == 1);
    CHECK(limiter.remaining("") == 1);
    CHECK(limiter.remaining("zebra") == 1);
}

TEST_CASE("rate_limiter: a thousand plans, in any order, are each found") {
    std::vector<rate_plan> plans;
    std::string nested;
    for (std::uint32_t i = 0; i != 200; ++i) plans.push_back(plan(nested += "n", true, 2 + i));
    while (plans.size() != rate_limiter::most_plans) {
        auto const number = static_cast<std::uint32_t>(plans.size() * 7919 % 10'007);
        plans.push_back(plan("client " + std::to_string(number) + "/", true, 300 + number));
    }
    limiter limiter("3.0.0", with(plans));
    for (auto const& each : plans) {
        CAPTURE(each.client);
        REQUIRE(limiter.remaining(each.client + "x") == each.limit.burst);
    }
    CHECK(limiter.remaining("client 5") == 1);
    plans.push_back(plan("one too many", true, 1));
    CHECK_THROWS_WITH_AS(limiter->configure(with(plans)), "a rate limiter has up to 1024 plans, not 1025",
                         std::invalid_argument);
}

TEST_CASE("rate_limiter: each client under a prefix has a burst of its own") {
    limiter limiter("3.0.0", with({plan("shop/", true, 3)}));
    CHECK(limiter.admitted("shop/1", 5) == 3);
    CHECK(limiter.admitted("shop/2", 5) == 3);
    CHECK(limiter.admitted("other", 5) == 1);
}

TEST_CASE("rate_limiter: two plans of one name are refused, and so are plans without a name") {
    limiter limiter("3.0.0", with({plan("a", true, 2)}));
    CHECK_THROWS_WITH_AS(limiter->configure(with({plan("b", false, 2), plan("b", false, 3)})),
                         "two plans for \"b\", or plans that are not sorted", std::invalid_argument);
    CHECK_THROWS_WITH_AS(limiter->configure(with({plan("", true, 2)})),
                         "a plan is for a client of 1 to 256 bytes, not of 0", std::invalid_argument);
    CHECK_THROWS_AS(limiter->configure(with({plan(std::string(257, 'p'), true, 2)})), std::invalid_argument);
    CHECK_THROWS_AS(limiter->configure(with({plan("b", true, 0)})), std::invalid_argument);
    CHECK(limiter->current_settings() == with({plan("a", true, 2)}));
}

TEST_CASE("rate_limiter: so many violations block a client, and the verdict says when the block ends") {
    limiter limiter("3.0.0", with({.violations = 3, .decay = 10s, .block = 2h}));
    CHECK(limiter.admitted("a", 3) == 1);
    CHECK(limiter->acquire("a") == rate_verdict{false, 0, 2h, 2h});  // the third violation
    limiter.clock.step(90min);
    CHECK(limiter->acquire("a") == rate_verdict{false, 0, 30min, 30min});
    CHECK(limiter->acquire("a", 0) == rate_verdict{false, 0, 30min, 30min});
    CHECK(limiter.admitted("b", 1) == 1);
    limiter.clock.step(30min);
    CHECK(limiter->acquire("a", 0) == rate_verdict{true, 1, 0ns, 0ns});
    CHECK(limiter.admitted("a", 3) == 1);  // and the count begins anew
    CHECK(limiter->stats().penalties == 1);
}

TEST_CASE("rate_limiter: violations decay one by one, each after the time of decay") {
    limiter limiter("3.0.0", with({.violations = 3, .decay = 10s, .block = 1h}));
    CHECK(limiter.admitted("a", 3) == 1);
    limiter.clock.step(10s);  // one of two is forgotten
    CHECK(limiter->acquire("a").retry_after == 1h - 10s);
    limiter.clock.step(20s);  // the next two as well
    CHECK(limiter->acquire("a").retry_after == 1h - 30s);
    CHECK(limiter->acquire("a").retry_after == 1h - 30s);
    limiter.clock.step(10s - 1ns);  // a nanosecond too early for another to be forgotten
    CHECK(limiter->acquire("a", 1).retry_after == 1h);
    CHECK(limiter->stats().penalties == 1);
}

TEST_CASE("rate_limiter: a refusal by the limit over all clients is no violation") {
    limiter limiter("3.0.0", {.client = {.tokens = 1, .burst = 100},
                              .global{{.tokens = 1, .burst = 1}},
                              .penalty{{.violations = 2, .decay = 1h, .block = 1h}}});
    CHECK(limiter.admitted("a", 50) == 1);
    CHECK(limiter->stats().penalties == 0);
    limiter.clock.step(1s);
    CHECK(limiter.admitted("a", 1) == 1);
}

TEST_CASE("rate_limiter: a block ends early when the penalty is shortened or taken away") {
    limiter limiter("3.0.0", with({.violations = 1, .decay = 10s, .block = 5h}));
    CHECK(limiter.admitted("a", 2) == 1);
    limiter->configure(with({.violations = 1, .decay = 10s, .block = 2h}));
    CHECK(limiter->acquire("a").retry_after == 2h);
    limiter->configure({.client = {.tokens = 1, .per = 1h, .burst = 1}});
    limiter.clock.step(1h);
    CHECK(limiter.admitted("a", 1) == 1);
}

TEST_CASE("rate_limiter: a block survives a clock that steps back, and is not longer for it") {
    limiter limiter("3.0.0", with({.violations = 1, .decay = 10s, .block = 2h}));
    CHECK(limiter.admitted("a", 2) == 1);
    limiter.clock.step(-24h);
    CHECK(limiter->acquire("a").retry_after == 2h);
    limiter.clock.step(2h);
    CHECK(limiter.admitted("a", 1) == 1);
}

TEST_CASE("rate_limiter: violations of release 2 count on in release 3, and decay from then on") {
    limiter limiter("2.0.0", {.client = {.tokens = 1, .per = 1h, .burst = 1}});
    CHECK(limiter.admitted("a", 3) == 1);  // two violations
    limiter.swap("3.0.0");
    limiter->configure(with({.violations = 3, .decay = 10s, .block = 3h}));
    CHECK(limiter->acquire("a").retry_after == 3h);
    CHECK(limiter->stats().penalties == 1);
}

TEST_CASE("rate_limiter: releases 1 and 2 forget a client's violations when its burst is whole again") {
    for (auto const release : {"1.0.0"sv, "2.0.0"sv}) {
        CAPTURE(release);
        limiter limiter(release, {.client = {.tokens = 1, .per = 1h, .burst = 1}});
        CHECK(limiter.admitted("a", 3) == 1);
        limiter.clock.step(1h);
        CHECK(limiter.admitted("a", 2) == 1);  // one violation
        limiter.swap("3.0.0");
        limiter->configure(with({.violations = 3, .decay = 24h, .block = 3h}));
        CHECK(limiter->acquire("a").retry_after == 1h);
        CHECK(limiter->acquire("a").retry_after == 3h);
    }
}
