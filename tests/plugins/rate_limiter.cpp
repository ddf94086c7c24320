#include "plugins/rate_limiter.hpp"

#include <limits>
#include <stdexcept>

using namespace hotswap_test;

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
        CHECK(limiter->acquire("a", 4) == rate_verdict{true, 1, 0ns, 400ms});
        CHECK(limiter->acquire("a", 3) == rate_verdict{false, 1, 200ms, 400ms});
        limiter.clock.step(200ms - 1ns);
        CHECK(limiter->acquire("a", 3) == rate_verdict{false, 2, 1ns, 200ms + 1ns});
        limiter.clock.step(1ns);
        CHECK(limiter->acquire("a", 3) == rate_verdict{true, 0, 0ns, 500ms});
    }
}

TEST_CASE("rate_limiter: a cost above the burst is never admitted and takes nothing") {
    for (auto const release : releases) {
        CAPTURE(release);
        limiter limiter(release);
        CHECK(limiter->acquire("a", 6) == rate_verdict{false, 5, never, 0ns});
        CHECK(limiter->acquire("a", std::numeric_limits<std::uint32_t>::max()) ==
              rate_verdict{false, 5, never, 0ns});
        CHECK(limiter->acquire("a", 5) == rate_verdict{true, 0, 0ns, 500ms});
    }
}

TEST_CASE("rate_limiter: a cost of 0 looks and takes nothing") {
    for (auto const release : releases) {
        CAPTURE(release);
        limiter limiter(release);
        CHECK(limiter->acquire("a", 0) == rate_verdict{true, 5, 0ns, 0ns});
        CHECK(limiter->stats().clients == 0);
        CHECK(limiter->acquire("a", 5).allowed);
        CHECK(limiter->acquire("a", 0) == rate_verdict{true, 0, 0ns, 500ms});
        CHECK(limiter->stats().admitted == (release == "0.1.0" ? 0 : 1));
    }
}

TEST_CASE("rate_limiter: a batch is judged in order, as single calls would be") {
    for (auto const release : releases) {
        CAPTURE(release);
        limiter limiter(release);
        std::array<rate_request, 4> const requests{{{"a", 3}, {"a", 3}, {"b", 5}, {"a", 2}}};
        std::array<rate_verdict, 4> verdicts;
        limiter->acquire(requests, verdicts);
        CHECK(verdicts[0] == rate_verdict{true, 2, 0ns, 300ms});
        CHECK(verdicts[1] == rate_verdict{false, 2, 100ms, 300ms});
        CHECK(verdicts[2] == rate_verdict{true, 0, 0ns, 500ms});
        CHECK(verdicts[3] == rate_verdict{true, 0, 0ns, 500ms});
    }
}

TEST_CASE("rate_limiter: a name or a batch that is too long is refused in words, and nothing is judged") {
    for (auto const release : releases) {
        CAPTURE(release);
        limiter limiter(release);
        std::string const longest(rate_limiter::longest_client, 'n');
        std::string const longer = longest + "n";
        CHECK(limiter->acquire(longest).allowed);
        CHECK(limiter->acquire("").allowed);
        CHECK_THROWS_WITH_AS(limiter->acquire(longer), "a client's name has up to 256 bytes, not 257",
                             std::invalid_argument);
        std::vector<rate_request> requests{{"a", 1}, {longer, 1}};
        std::vector<rate_verdict> verdicts(2);
        CHECK_THROWS_AS(limiter->acquire(requests, verdicts), std::invalid_argument);
        CHECK_THROWS_AS(limiter->acquire(std::span(requests).first(1), verdicts), std::invalid_argument);
        requests.assign(rate_limiter::largest_batch + 1, {"a", 1});
        verdicts.resize(requests.size());
        CHECK_THROWS_AS(limiter->acquire(requests, verdicts), std::invalid_argument);
        CHECK(limiter.remaining("a") == 5);
    }
}

TEST_CASE("rate_limiter: a clock that steps back an hour frees no client and blocks none for an hour") {
    for (auto const release : releases) {
        CAPTURE(release);
        limiter limiter(release);
        CHECK(limiter.admitted("a", 8) == 5);
        limiter.clock.step(-1h);
        CHECK(limiter.admitted("a", 3) == 0);
        CHECK(limiter->acquire("a", 1).retry_after <= 100ms);
        limiter.clock.step(100ms);
        CHECK(limiter.admitted("a", 3) == 1);
        limiter.clock.step(500ms);
        CHECK(limiter.admitted("a", 8) == 5);
    }
}

TEST_CASE("rate_limiter: from release 1 on a global limit holds for all clients together") {
    for (auto const release : releases) {
        if (release == "0.1.0") continue;
        CAPTURE(release);
        limiter limiter(release, {.client = {.tokens = 10, .burst = 5}, .global{{.tokens = 10, .burst = 7}}});
        CHECK(limiter.admitted("a", 9) == 5);
        CHECK(limiter.admitted("b", 9) == 2);
        CHECK(limiter->acquire("b") == rate_verdict{false, 3, 100ms, 200ms});
        limiter.clock.step(100ms);
        CHECK(limiter.admitted("b", 9) == 1);
        CHECK(limiter->stats() ==
              rate_statistics{
                  .clients = 2, .admitted = 8, .refused = 4 + 7 + 1 + 8, .refused_by_all = 7 + 1 + 8});
    }
}
