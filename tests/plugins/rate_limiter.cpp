#include "plugins/shipped.hpp"

#include <limits>
#include <random>
#include <stdexcept>
#include <thread>

using namespace hotswap_test;
using hotswap::contracts::rate_limiter;
using hotswap::contracts::rate_limits;
using hotswap::contracts::rate_request;
using hotswap::contracts::rate_verdict;

namespace {

struct limiter : shipped<rate_limiter> {
    explicit limiter(std::string_view release,
                     rate_limits const& limits = {.client = {.tokens = 10, .burst = 5}})
        : shipped("rate_limiter", release) {
        (*this)->configure(limits);
    }

    /// The number of admitted calls among `calls` calls with cost 1.
    int admitted(std::string_view client, int calls) {
        int count = 0;
        for (int i = 0; i != calls; ++i) count += (*this)->admit(client).allowed ? 1 : 0;
        return count;
    }
};

constexpr std::chrono::nanoseconds never = std::chrono::nanoseconds::max();

}  // namespace

TEST_CASE("rate_limiter: every release admits a burst, then a token at a time at the rate") {
    for (auto const release : releases) {
        CAPTURE(release);
        limiter limiter(release);
        CHECK(limiter.admitted("a", 8) == 5);
        CHECK(limiter.admitted("b", 1) == 1);
        limiter.clock.step(100ms);
        CHECK(limiter.admitted("a", 3) == 1);
        limiter.clock.step(250ms);
        CHECK(limiter.admitted("a", 3) == 2);
        limiter.clock.step(50ms);
        CHECK(limiter.admitted("a", 3) == 1);
        limiter.clock.step(1h);
        CHECK(limiter.admitted("a", 8) == 5);
    }
}

TEST_CASE("rate_limiter: a refusal says when to come back, and coming back then is admitted") {
    for (auto const release : releases) {
        CAPTURE(release);
        limiter limiter(release);
        CHECK(limiter->admit("a", 4) == rate_verdict{true, 1, 0ns});
        CHECK(limiter->admit("a", 3) == rate_verdict{false, 1, 200ms});
        limiter.clock.step(200ms - 1ns);
        CHECK(limiter->admit("a", 3) == rate_verdict{false, 2, 1ns});
        limiter.clock.step(1ns);
        CHECK(limiter->admit("a", 3) == rate_verdict{true, 0, 0ns});
    }
}

TEST_CASE("rate_limiter: a cost above the burst is never admitted and takes nothing") {
    for (auto const release : releases) {
        CAPTURE(release);
        limiter limiter(release);
        CHECK(limiter->admit("a", 6) == rate_verdict{false, 5, never});
        CHECK(limiter->admit("a", std::numeric_limits<std::uint32_t>::max()) ==
              rate_verdict{false, 5, never});
        CHECK(limiter->admit("a", 5) == rate_verdict{true, 0, 0ns});
    }
}

TEST_CASE("rate_limiter: a cost of 0 looks and takes nothing") {
    for (auto const release : releases) {
        CAPTURE(release);
        limiter limiter(release);
        CHECK(limiter->admit("a", 0) == rate_verdict{true, 5, 0ns});
        CHECK(limiter->stats().clients == 0);
        CHECK(limiter->admit("a", 5).allowed);
        CHECK(limiter->admit("a", 0) == rate_verdict{true, 0, 0ns});
    }
}

TEST_CASE("rate_limiter: a batch is judged in order, as single calls would be") {
    for (auto const release : releases) {
        CAPTURE(release);
        limiter limiter(release);
        std::array<rate_request, 4> const requests{{{"a", 3}, {"a", 3}, {"b", 5}, {"a", 2}}};
        std::array<rate_verdict, 4> verdicts;
        limiter->admit(requests, verdicts);
        CHECK(verdicts[0] == rate_verdict{true, 2, 0ns});
        CHECK(verdicts[1] == rate_verdict{false, 2, 100ms});
        CHECK(verdicts[2] == rate_verdict{true, 0, 0ns});
        CHECK(verdicts[3] == rate_verdict{true, 0, 0ns});
        CHECK_THROWS_AS(limiter->admit(requests, std::span(verdicts).first(3)), std::invalid_argument);
    }
}

TEST_CASE("rate_limiter: a clock that steps back an hour frees no client and blocks none for an hour") {
    for (auto const release : releases) {
        CAPTURE(release);
        limiter limiter(release);
        CHECK(limiter.admitted("a", 8) == 5);
        limiter.clock.step(-1h);
        CHECK(limiter.admitted("a", 3) == 0);
        CHECK(limiter->admit("a", 1).retry_after <= 100ms);
        limiter.clock.step(100ms);
        CHECK(limiter.admitted("a", 3) == 1);
        limiter.clock.step(500ms);
        CHECK(limiter.admitted("a", 8) == 5);
    }
}

TEST_CASE("rate_limiter: limits out of range are refused and change nothing") {
    for (auto const release : releases) {
        CAPTURE(release);
        limiter limiter(release);
        auto const before = limiter->current_limits();
        for (rate_limits const& wrong :
             {rate_limits{.client = {.tokens = 0}}, rate_limits{.client = {.burst = 0}},
              rate_limits{.client = {.per = 0ns}}, rate_limits{.client = {.per = -1s}},
              rate_limits{.client = {.per = std::chrono::nanoseconds::max()}},
              rate_limits{.client = {.tokens = 1, .per = 24h, .burst = 366}}})
            CHECK_THROWS_AS(limiter->configure(wrong), std::invalid_argument);
        CHECK(limiter->current_limits() == before);
    }
}

TEST_CASE(
    "rate_limiter: new limits keep what a client has left, cut to the new burst, and full clients full") {
    for (auto const release : releases) {
        CAPTURE(release);
        limiter limiter(release);
        CHECK(limiter->admit("half", 2).remaining == 3);
        CHECK(limiter->admit("full", 6).remaining == 5);
        limiter->configure({.client = {.tokens = 1, .burst = 10}});
        CHECK(limiter->admit("half", 0).remaining == 3);
        CHECK(limiter->admit("full", 0).remaining == 10);
        limiter->configure({.client = {.tokens = 1, .burst = 2}});
        CHECK(limiter->admit("half", 0).remaining == 2);
        CHECK(limiter->current_limits() == rate_limits{.client = {.tokens = 1, .burst = 2}});
    }
}

TEST_CASE("rate_limiter: from release 1 on a global limit holds for all clients together") {
    for (auto const release : {"1.0.0"sv, "2.0.0"sv}) {
        CAPTURE(release);
        limiter limiter(release, {.client = {.tokens = 10, .burst = 5}, .global{{.tokens = 10, .burst = 7}}});
        CHECK(limiter.admitted("a", 9) == 5);
        CHECK(limiter.admitted("b", 9) == 2);
        CHECK(limiter->admit("b") == rate_verdict{false, 3, 100ms});
        limiter.clock.step(100ms);
        CHECK(limiter.admitted("b", 9) == 1);
        CHECK(limiter->stats().admitted == 8);
    }
    limiter oldest("0.1.0");
    CHECK_THROWS_WITH_AS(oldest->configure({.global{{.tokens = 1}}}),
                         "rate_limiter 0.1.0 has no limit over all clients; swap to 1.0.0 or newer first",
                         std::invalid_argument);
}

TEST_CASE("rate_limiter: all releases and every swap between them give the same verdicts") {
    rate_limits const limits{.client = {.tokens = 7, .per = 3s, .burst = 9}};
    limiter oldest("0.1.0", limits);
    limiter newest("2.0.0", limits);
    limiter swapped("0.1.0", limits);
    std::mt19937 random(20'240'607);  // NOLINT(cert-msc51-cpp): the same sequence every time
    std::array const clients{"a", "b", "c", "d"};
    for (int step = 0; step != 600; ++step) {
        if (step % 10 == 0) swapped.move_to(releases[random() % releases.size()]);
        std::chrono::nanoseconds const pass(random() % 700'000'000);
        for (limiter* const each : {&oldest, &newest, &swapped}) each->clock.step(pass);
        auto const client = clients[random() % clients.size()];
        auto const cost = static_cast<std::uint32_t>(random() % 4);
        auto const verdict = oldest->admit(client, cost);
        CAPTURE(step);
        REQUIRE(newest->admit(client, cost) == verdict);
        REQUIRE(swapped->admit(client, cost) == verdict);
    }
}

TEST_CASE("rate_limiter: an upgrade from legacy keeps buckets and limit, and begins to count") {
    limiter limiter("0.1.0");
    CHECK(limiter->admit("a", 4).allowed);
    auto const report = limiter.swap("2.0.0");
    CHECK(report.path == std::vector<std::uint32_t>{0, 1, 2});
    CHECK(limiter->admit("a", 0).remaining == 1);
    CHECK(limiter->current_limits() == rate_limits{.client = {.tokens = 10, .burst = 5}});
    CHECK(limiter->stats().admitted == 0);
    CHECK(limiter.admitted("a", 3) == 1);
    CHECK(limiter->stats().admitted == 1);
    CHECK(limiter->stats().refused == 2);
}

TEST_CASE("rate_limiter: the downgrade 2 → 1 loses nothing and needs no leave") {
    rate_limits const limits{.client = {.tokens = 10, .burst = 5}, .global{{.tokens = 10, .burst = 7}}};
    limiter limiter("2.0.0", limits);
    CHECK(limiter.admitted("a", 9) == 5);
    CHECK(limiter.plan("1.0.0").losses.empty());
    CHECK(limiter.plan("1.0.0").reversible_without_loss);
    limiter.swap("1.0.0");
    CHECK(limiter->current_limits() == limits);
    CHECK(limiter->stats().admitted == 5);
    CHECK(limiter->stats().refused == 4);
    CHECK(limiter.admitted("b", 9) == 2);
    CHECK(limiter->admit("a", 0).remaining == 0);
}

TEST_CASE("rate_limiter: the downgrade 1 → 0 is named as lossy and refused without leave") {
    limiter limiter("1.0.0", {.client = {.tokens = 10, .burst = 5}, .global{{.tokens = 10, .burst = 7}}});
    CHECK(limiter.admitted("a", 2) == 2);
    CHECK(limiter.plan("0.1.0").losses.size() == 1);
    CHECK(limiter.refusal("0.1.0").code == hotswap::errc::lossy_refused);
    CHECK(limiter->stats().admitted == 2);
    limiter.move_to("0.1.0");
    CHECK(limiter->current_limits() == rate_limits{.client = {.tokens = 10, .burst = 5}});
    CHECK(limiter->admit("a", 0).remaining == 3);
    CHECK(limiter->stats().admitted == 0);
}

TEST_CASE(
    "rate_limiter: two threads get exactly one burst between them while the releases change under them") {
    limiter limiter("0.1.0", {.client = {.tokens = 1, .burst = 20'000}});
    std::atomic<int> admitted = 0;
    {
        auto const caller = [&limiter, &admitted] {
            for (int i = 0; i != 15'000; ++i) admitted += limiter->admit("shared").allowed ? 1 : 0;
        };
        std::jthread const first(caller);
        std::jthread const second(caller);
        for (auto const release : {"1.0.0"sv, "2.0.0"sv, "1.0.0"sv, "2.0.0"sv, "0.1.0"sv, "2.0.0"sv})
            limiter.move_to(release);
    }
    CHECK(admitted == 20'000);
}
