#include "plugins/rate_limiter.hpp"

#include <initializer_list>
#include <mutex>
#include <stdexcept>

using namespace hotswap_test;
using hotswap::contracts::metric;
using hotswap::contracts::setting;

namespace {

void configure(limiter& of, std::initializer_list<setting> settings) {
    of->configure(std::span(settings.begin(), settings.size()));
}

}  // namespace

TEST_CASE("rate_limiter: settings out of range are refused and change nothing") {
    for (auto const release : releases) {
        CAPTURE(release);
        limiter limiter(release);
        auto const before = limiter->current_settings();
        for (rate_settings const& wrong :
             {rate_settings{.client = {.tokens = 0}}, rate_settings{.client = {.burst = 0}},
              rate_settings{.client = {.per = 0ns}}, rate_settings{.client = {.per = -1s}},
              rate_settings{.client = {.per = never}},
              rate_settings{.client = {.tokens = 1, .per = 24h, .burst = 366}},
              rate_settings{.global{{.tokens = 0}}}, rate_settings{.penalty{{.violations = 0}}},
              rate_settings{.penalty{{.violations = 1'000'001}}}, rate_settings{.penalty{{.decay = 0ns}}},
              rate_settings{.penalty{{.decay = 25h}}}, rate_settings{.penalty{{.block = -1s}}},
              rate_settings{.penalty{{.block = 24h * 366}}}})
            CHECK_THROWS_AS(limiter->configure(wrong), std::invalid_argument);
        CHECK(limiter->current_settings() == before);
    }
}

TEST_CASE("rate_limiter: a setting that a release does not have is refused in words") {
    limiter zero("0.1.0");
    CHECK_THROWS_WITH_AS(zero->configure({.global{{.tokens = 1}}}),
                         "rate_limiter 0.1.0 has no limit over all clients; swap to 1.0.0 or newer first",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(configure(zero, {{"global_burst", "1"}}),
                         "rate_limiter 0.1.0 has no setting global_burst; swap to 1.0.0 or newer first",
                         std::invalid_argument);
    limiter two("2.0.0");
    CHECK_THROWS_WITH_AS(two->configure({.penalty{{.violations = 1}}}),
                         "rate_limiter 2.0.0 has no penalties; swap to 3.0.0 or newer first",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(two->configure({.plans = {{.client = "a"}}}),
                         "rate_limiter 2.0.0 has no plans; swap to 3.0.0 or newer first",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(configure(two, {{"penalty_block", "1s"}}),
                         "rate_limiter 2.0.0 has no setting penalty_block; swap to 3.0.0 or newer first",
                         std::invalid_argument);
}

TEST_CASE("rate_limiter: settings by name change those that are named, all or none") {
    limiter limiter("3.0.0");
    configure(limiter, {{"global_tokens", "500"}, {"global_per", "5min"}, {"penalty_violations", "9"}});
    rate_settings wanted{.client = {.tokens = 10, .burst = 5},
                         .global{{.tokens = 500, .per = 5min, .burst = 100}},
                         .penalty{{.violations = 9}}};
    CHECK(limiter->current_settings() == wanted);
    CHECK_THROWS_WITH_AS(configure(limiter, {{"client_burst", "6"}, {"client_per", "soon"}}),
                         "the setting client_per is \"soon\", expected a whole number with a unit: 250ms, "
                         "10s, 5min, 2h",
                         std::invalid_argument);
    CHECK_THROWS_AS(configure(limiter, {{"client_burst", "6"}, {"client_burst", "7"}}),
                    std::invalid_argument);
    CHECK_THROWS_AS(configure(limiter, {{"client_burst", "6"}, {"client_tokens", "0"}}),
                    std::invalid_argument);
    CHECK(limiter->current_settings() == wanted);
    configure(limiter, {{"global_tokens", "0"}, {"penalty_violations", "0"}, {"client_per", "2s"}});
    CHECK(limiter->current_settings() == rate_settings{.client = {.tokens = 10, .per = 2s, .burst = 5}});
}

TEST_CASE("rate_limiter: an unknown setting is named, with the list of those that the release has") {
    limiter zero("0.1.0");
    CHECK_THROWS_WITH_AS(
        configure(zero, {{"burst", "1"}}),
        "there is no setting burst; the settings are client_tokens, client_per, client_burst",
        std::invalid_argument);
    limiter three("3.0.0");
    CHECK_THROWS_WITH_AS(
        configure(three, {{"burst", "1"}}),
        "there is no setting burst; the settings are client_tokens, client_per, client_burst, "
        "global_tokens, global_per, global_burst, penalty_violations, penalty_decay, "
        "penalty_block",
        std::invalid_argument);
    CHECK_THROWS_WITH_AS(configure(three, {{"plans", "gold"}}),
                         "plans have no form as text; set them by configure(rate_settings)",
                         std::invalid_argument);
}

TEST_CASE("rate_limiter: a change of settings is logged in one line, with the old and the new ones") {
    limiter limiter("3.0.0");
    std::mutex mutex;
    std::vector<std::string> lines;
    auto const subscription = limiter.runtime.subscribe([&](hotswap::event const& what) {
        std::lock_guard const lock(mutex);
        lines.push_back(to_string(what));
    });
    limiter->configure({.client = {.tokens = 3, .per = 1500ms, .burst = 7},
                        .global{{.tokens = 50, .per = 2min, .burst = 60}},
                        .penalty{{.violations = 4, .decay = 5s, .block = 1h}},
                        .plans = {{.client = "a"}, {.client = "b"}}});
    CHECK_THROWS(limiter->configure({.client = {.tokens = 0}}));
    std::lock_guard const lock(mutex);
    REQUIRE(lines.size() == 1);
    CHECK_MESSAGE(lines.front().find("rate_limiter settings: client 3 in 1500ms, burst 7; global 50 in 2min, "
                                     "burst 60; penalty after 4, decay 5s, block 1h; 2 plans (before: client "
                                     "10 in 1s, burst 5)") != std::string::npos,
                  lines.front());
}

TEST_CASE(
    "rate_limiter: new limits keep when a burst is whole, at most a new burst away, and whole ones stay "
    "whole") {
    for (auto const release : releases) {
        CAPTURE(release);
        limiter limiter(release);
        CHECK(limiter->acquire("some", 2).remaining == 3);
        CHECK(limiter->acquire("none", 5).remaining == 0);
        CHECK(limiter->acquire("whole", 1).remaining == 4);
        limiter.clock.step(100ms);
        limiter->configure({.client = {.tokens = 10, .burst = 10}});
        CHECK(limiter->acquire("some", 0).reset_after == 100ms);
        CHECK(limiter.remaining("some") == 9);
        CHECK(limiter.remaining("none") == 6);
        CHECK(limiter.remaining("whole") == 10);
        limiter->configure({.client = {.tokens = 10, .burst = 2}});
        CHECK(limiter.remaining("some") == 1);
        CHECK(limiter->acquire("none", 0).reset_after == 200ms);
        CHECK(limiter.remaining("whole") == 2);
        limiter->configure({.client = {.tokens = 1, .per = 1h, .burst = 2}});
        CHECK(limiter.remaining("whole") == 2);
    }
}

TEST_CASE("rate_limiter: the counts have names for Prometheus, and are those of the statistics") {
    for (auto const release : releases) {
        CAPTURE(release);
        limiter limiter(release);
        limiter.admitted("a", 7);
        std::vector<metric> wanted{{"hotswap_rate_limiter_clients", 1}};
        if (release != "0.1.0") {
            wanted.push_back({"hotswap_rate_limiter_admitted_total", 5});
            wanted.push_back({"hotswap_rate_limiter_refused_total", 2});
            wanted.push_back({"hotswap_rate_limiter_refused_by_all_total", 0});
            wanted.push_back({"hotswap_rate_limiter_forgotten_total", 0});
        }
        if (release == "3.0.0") wanted.push_back({"hotswap_rate_limiter_penalties_total", 0});
        CHECK(limiter->metrics() == wanted);
    }
}
