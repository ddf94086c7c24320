#include "plugins/sessions.hpp"

#include <atomic>
#include <stdexcept>
#include <thread>

using namespace hotswap_test;

TEST_CASE("session: at the per-user limit the session that was unused longest ends") {
    for (auto const release : {"2.0.0"sv, "3.0.0"sv}) {
        CAPTURE(release);
        sessions sessions(release);
        sessions->configure({.per_user_limit = 2});
        auto const first = sessions->open("ada");
        auto const other = sessions->open("bob");
        sessions.clock.step(1s);
        auto const second = sessions->open("ada");
        sessions.clock.step(1s);
        CHECK(sessions.user_of(first) == "ada");
        sessions.clock.step(1s);
        auto const third = sessions->open("ada");
        CHECK(sessions.user_of(first) == "ada");
        CHECK(sessions.user_of(second).empty());
        CHECK(sessions.user_of(third) == "ada");
        CHECK(sessions.user_of(other) == "bob");
        CHECK(sessions->stats().displaced == 1);
        CHECK(sessions->close(first));
        sessions->open("ada");
        CHECK(sessions.user_of(third) == "ada");
    }
}

TEST_CASE("session: an expired session leaves its place to a new one before a live session does") {
    for (auto const release : {"2.0.0"sv, "3.0.0"sv}) {
        CAPTURE(release);
        sessions sessions(release);
        sessions->configure({.per_user_limit = 2});
        auto const live = sessions->open("ada");
        sessions.clock.step(1s);
        sessions->open("ada", 1s);
        sessions.clock.step(1s);
        auto const fresh = sessions->open("ada");
        CHECK(sessions.user_of(live) == "ada");
        CHECK(sessions.user_of(fresh) == "ada");
        CHECK(sessions->stats().displaced == 0);
    }
}

TEST_CASE(
    "session: the per-user limit counts sessions opened under earlier releases, and is set by an argument") {
    sessions sessions("0.1.0");
    std::vector<std::string> tokens;
    for (int i = 0; i != 2; ++i) {
        tokens.push_back(sessions->open("ada"));
        sessions.clock.step(1s);
    }
    sessions.swap("1.0.0");
    for (int i = 0; i != 2; ++i) {
        tokens.push_back(sessions->open("ada"));
        sessions.clock.step(1s);
    }
    for (auto const wrong : {"three", "0", "1025"}) {
        CAPTURE(wrong);
        CHECK(sessions.refusal("2.0.0", {.arguments = {{"per_user_limit", wrong}}}).code ==
              hotswap::errc::migration_failed);
    }
    CHECK(sessions.user_of(tokens[0]) == "ada");
    sessions.swap("2.0.0", {.arguments = {{"per_user_limit", "3"}}});
    CHECK(sessions->current_settings().per_user_limit == 3);
    sessions->open("ada");
    CHECK(sessions.user_of(tokens[0]).empty());
    CHECK(sessions.user_of(tokens[1]).empty());
    CHECK(sessions.user_of(tokens[2]) == "ada");
    CHECK(sessions.user_of(tokens[3]) == "ada");
}

TEST_CASE("session: a user has 1024 sessions at most, under releases 0 and 1 the next one is refused") {
    for (auto const release : releases) {
        CAPTURE(release);
        sessions sessions(release);
        std::vector<std::string> tokens;
        for (int i = 0; i != 1024; ++i) tokens.push_back(sessions->open("ada"));
        if (version_of(release) < 2) {
            CHECK_THROWS_AS(sessions->open("ada"), std::length_error);
            CHECK(sessions.words_of([&] { sessions->open("ada"); }).find("1024 sessions") !=
                  std::string::npos);
            CHECK(sessions->stats().refused == (release == "1.0.0" ? 2 : 0));
            CHECK(sessions->close(tokens[7]));
        }
        sessions->open("ada");
        CHECK(sessions->stats().live == 1024);
        CHECK(sessions.user_of(sessions->open("bob")) == "bob");
    }
}

TEST_CASE("session: the limit holds exactly when two threads open sessions of one user") {
    for (auto const release : {"2.0.0"sv, "3.0.0"sv}) {
        CAPTURE(release);
        sessions sessions(release);
        sessions->configure({.per_user_limit = 5});
        std::atomic<int> too_many{0};
        {
            // `stats` adds up shard by shard, so only a list shows all sessions of one moment.
            auto const opener = [&] {
                for (int i = 0; i != 2000; ++i) {
                    sessions->open("ada");
                    if (release == "3.0.0") too_many += sessions->list("ada").size() > 5 ? 1 : 0;
                }
            };
            std::jthread const first(opener);
            std::jthread const second(opener);
        }
        CHECK(too_many == 0);
        CHECK(sessions->stats().live == 5);
        CHECK(sessions->stats().displaced == 3995);
        CHECK(sessions->stats().users == 1);
    }
}

TEST_CASE("session: the limit of 1024 holds exactly when two threads open sessions under releases 0 and 1") {
    for (auto const release : {"0.1.0"sv, "1.0.0"sv}) {
        CAPTURE(release);
        sessions sessions(release);
        std::atomic<int> opened{0};
        {
            auto const opener = [&] {
                for (int i = 0; i != 700; ++i) {
                    try {
                        sessions->open("ada");
                        ++opened;
                    } catch (std::length_error const&) {
                    }
                }
            };
            std::jthread const first(opener);
            std::jthread const second(opener);
        }
        CHECK(opened == 1024);
        CHECK(sessions->stats().live == 1024);
    }
}
