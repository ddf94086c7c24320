#include "plugins/sessions.hpp"

#include <algorithm>
#include <stdexcept>

using namespace hotswap_test;
using hotswap::contracts::setting;

TEST_CASE("session: settings and counts go up and down with the state") {
    sessions sessions("1.0.0");
    sessions->configure({.default_timeout = 2h, .cleanup_interval = 30s});
    sessions->close(sessions->open("ada"));
    sessions.swap("2.0.0");
    sessions->close(sessions->open("ada"));
    CHECK(sessions->current_settings() ==
          session_settings{.default_timeout = 2h, .cleanup_interval = 30s, .per_user_limit = 1024});
    sessions.swap("3.0.0");
    sessions->configure({.absolute_timeout = 24h});
    CHECK(sessions->current_settings() == session_settings{.default_timeout = 2h,
                                                           .cleanup_interval = 30s,
                                                           .per_user_limit = 1024,
                                                           .absolute_timeout = 24h});
    sessions.move_to("1.0.0");
    CHECK(sessions->current_settings() == session_settings{.default_timeout = 2h, .cleanup_interval = 30s});
    CHECK(sessions->stats().opened == 2);
    CHECK(sessions->stats().closed == 2);
    CHECK(sessions->stats().ended == 2);
    sessions.move_to("0.1.0");
    CHECK(sessions->current_settings() == session_settings{});
}

TEST_CASE("session: settings are taken whole or not at all, and a wrong one is refused with its range") {
    sessions sessions("3.0.0");
    auto const before = sessions->current_settings();
    for (auto const& wrong :
         {session_settings{.default_timeout = 0ns}, session_settings{.default_timeout = 24h * 3654},
          session_settings{.cleanup_interval = 1ms}, session_settings{.cleanup_interval = 25h},
          session_settings{.per_user_limit = 0}, session_settings{.per_user_limit = 1025},
          session_settings{.absolute_timeout = 1us}, session_settings{.absolute_timeout = -1ns}}) {
        auto both = wrong;
        if (!both.default_timeout) both.default_timeout = 5min;
        if (!both.cleanup_interval) both.cleanup_interval = 5s;
        CHECK(sessions.words_of([&] { sessions->configure(both); }).find("expected between") !=
              std::string::npos);
        CHECK(sessions->current_settings() == before);
    }
}

TEST_CASE("session: settings by name are those of the release, and an unknown one is refused with a list") {
    sessions sessions("3.0.0");
    std::vector<setting> const good{{"default_timeout", "90min"}, {"per_user_limit", "7"}};
    sessions->configure(good);
    CHECK(sessions->current_settings().default_timeout == 90min);
    CHECK(sessions->current_settings().per_user_limit == 7);
    auto const refused = [&](std::vector<setting> const& wanted) {
        return sessions.words_of([&] { sessions->configure(wanted); });
    };
    CHECK(refused({{"per_user_limit", "8"}, {"limit", "7"}}) ==
          "there is no setting limit; the settings are default_timeout, cleanup_interval, per_user_limit, "
          "absolute_timeout");
    CHECK(refused({{"per_user_limit", "8"}, {"default_timeout", "soon"}}).find("\"soon\"") !=
          std::string::npos);
    CHECK(refused({{"per_user_limit", "8"}, {"per_user_limit", "9"}}).find("twice") != std::string::npos);
    CHECK(sessions->current_settings().per_user_limit == 7);

    sessions.move_to("2.0.0");
    CHECK(refused({{"absolute_timeout", "1h"}}) ==
          "session 2.0.0 has no absolute_timeout; swap to 3.0.0 or newer first");
    sessions.move_to("1.0.0");
    CHECK(refused({{"per_user_limit", "3"}}) ==
          "session 1.0.0 has no per_user_limit; swap to 2.0.0 or newer first");
    CHECK(sessions.words_of([&] { sessions->configure({.per_user_limit = 3}); }) ==
          "session 1.0.0 has no per_user_limit; swap to 2.0.0 or newer first");
    CHECK(refused({{"limit", "3"}}) ==
          "there is no setting limit; the settings are default_timeout, cleanup_interval");
    sessions.move_to("0.1.0");
    CHECK(sessions.words_of([&] { sessions->configure({.default_timeout = 2h}); }) ==
          "session 0.1.0 has no default_timeout; swap to 1.0.0 or newer first");
    CHECK(refused({{"anything", "3"}}) == "session 0.1.0 has no settings; swap to 1.0.0 or newer first");
}

TEST_CASE("session: a change of settings is logged with the old and the new value, and nothing else is") {
    sessions sessions("3.0.0");
    std::vector<std::string> lines;
    auto const listening = sessions.runtime.subscribe([&](hotswap::event const& event) {
        if (event.message.find("settings changed") != std::string::npos) lines.emplace_back(event.message);
    });
    sessions->configure({.default_timeout = 90s, .per_user_limit = 7});
    sessions->configure({.per_user_limit = 7});
    CHECK_THROWS_AS(sessions->configure({.per_user_limit = 0}), std::invalid_argument);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].find("default_timeout from 1h to 90s, per_user_limit from 1024 to 7") !=
          std::string::npos);
}

TEST_CASE("session: the counts are shown under the names of Prometheus, and go along in a swap") {
    sessions sessions("1.0.0");
    auto const token = sessions->open("ada");
    sessions->open("bob", 1s);
    sessions->find(token);
    sessions->find("nothing");
    auto const value = [&](std::string_view name) {
        for (auto const& each : sessions->metrics())
            if (each.name == name) return static_cast<int>(each.value);
        return -1;
    };
    for (auto const release : {"1.0.0"sv, "2.0.0"sv, "3.0.0"sv}) {
        CAPTURE(release);
        sessions.move_to(release);
        CHECK(value("hotswap_session_live") == 2);
        CHECK(value("hotswap_session_users") == 2);
        CHECK(value("hotswap_session_opened_total") == 2);
        CHECK(value("hotswap_session_found_total") == 1);
        CHECK(value("hotswap_session_missed_total") == 1);
        CHECK(value("hotswap_session_closed_total") == 0);
    }
    CHECK(sessions->revoke_user("ada") == 1);
    CHECK(value("hotswap_session_revoked_total") == 1);
    sessions.move_to("0.1.0");
    CHECK(value("hotswap_session_live") == 1);
    CHECK(value("hotswap_session_opened_total") == -1);
}
