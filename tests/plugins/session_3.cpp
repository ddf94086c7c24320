// What release 3.0.0 of the session manager adds.
#include "plugins/sessions.hpp"

#include <atomic>
#include <set>
#include <stdexcept>
#include <thread>

using namespace hotswap_test;
using hotswap::contracts::session_attribute;

TEST_CASE("session 3: use renews a session up to its absolute end, and not past it") {
    sessions sessions("3.0.0");
    auto const opened = sessions.clock.now();
    auto const token = sessions->open("ada", {.ttl = 10min, .absolute = 15min});
    CHECK(sessions->find(token)->expires == opened + 10min);
    sessions.clock.step(8min);
    CHECK(sessions->find(token)->expires == opened + 15min);
    sessions.clock.step(7min - 1ns);
    CHECK(sessions.user_of(token) == "ada");
    sessions.clock.step(1ns);
    CHECK(sessions.user_of(token).empty());
}

TEST_CASE("session 3: the absolute timeout is a setting, for sessions that are opened under it") {
    sessions sessions("3.0.0");
    auto const before = sessions->open("ada", 1h);
    sessions->configure({.absolute_timeout = 30min});
    auto const after = sessions->open("ada", 1h);
    CHECK(sessions->find(after)->expires == sessions.clock.now() + 30min);
    CHECK(sessions->find(before)->expires == sessions.clock.now() + 1h);
    auto const own = sessions->open("ada", {.ttl = 1h, .absolute = 50min});
    CHECK(sessions->find(own)->expires == sessions.clock.now() + 50min);
}

TEST_CASE("session 3: attributes are kept with a session, in the order of their names") {
    sessions sessions("3.0.0");
    auto const token = sessions->open("ada", {.attributes = {{"device", "a telephone"}, {"city", "Bergen"}}});
    CHECK(sessions->find(token)->attributes ==
          std::vector<session_attribute>{{"city", "Bergen"}, {"device", "a telephone"}});
    CHECK(sessions->set_attribute(token, "city", "Oslo"));
    CHECK(sessions->set_attribute(token, "about", ""));
    CHECK(sessions->set_attribute(token, "device", std::nullopt));
    CHECK(sessions->set_attribute(token, "device", std::nullopt));
    CHECK(sessions->find(token)->attributes ==
          std::vector<session_attribute>{{"about", ""}, {"city", "Oslo"}});
    sessions.clock.step(1h);
    CHECK_FALSE(sessions->set_attribute(token, "city", "Bergen"));
    CHECK_FALSE(sessions->set_attribute("nothing", "city", "Bergen"));
}

TEST_CASE("session 3: attributes beyond their limits are refused in words, and nothing changes") {
    sessions sessions("3.0.0");
    auto const token = sessions->open("ada", {.attributes = {{"city", "Bergen"}}});
    auto const refused = [&](std::string const& name, std::string const& value) {
        auto const words = sessions.words_of([&] { sessions->set_attribute(token, name, value); });
        CHECK(sessions.words_of([&] { sessions->open("bob", {.attributes = {{name, value}}}); }) == words);
        return words;
    };
    CHECK(refused("", "x") == "the name of an attribute has 1 to 64 bytes, not 0");
    CHECK(refused(std::string(65, 'n'), "x") == "the name of an attribute has 1 to 64 bytes, not 65");
    CHECK(refused("n", std::string(1025, 'v')) ==
          "the value of an attribute has at most 1024 bytes, not 1025");
    CHECK(sessions->find(token)->attributes.size() == 1);

    for (int i = 0; i != 31; ++i) CHECK(sessions->set_attribute(token, "n" + std::to_string(i), "v"));
    CHECK(sessions.words_of([&] { sessions->set_attribute(token, "m", "v"); }) ==
          "a session has at most 32 attributes");
    CHECK(sessions->set_attribute(token, "n7", std::string(1024, 'v')));
    CHECK(sessions->find(token)->attributes.size() == 32);

    auto const large = sessions->open("bob");
    for (int i = 0; i != 7; ++i)
        CHECK(sessions->set_attribute(large, "n" + std::to_string(i), std::string(1024, 'v')));
    CHECK(sessions.words_of([&] { sessions->set_attribute(large, "n7", std::string(1024, 'v')); }) ==
          "the attributes of a session have at most 8192 bytes, not 8208");
    CHECK(sessions->set_attribute(large, "n7", std::string(1008, 'v')));

    std::vector<session_attribute> many(33);
    CHECK(sessions.words_of([&] { sessions->open("eve", {.attributes = many}); }) ==
          "a session has at most 32 attributes, not 33");
    CHECK(sessions.words_of([&] {
        sessions->open("eve", {.attributes = {{"a", "b"}, {"a", "c"}}});
    }) == "an attribute is given twice");
    CHECK(sessions->list("eve").empty());
}

TEST_CASE("session 3: a user sees their live sessions, the oldest first, and never a token") {
    sessions sessions("3.0.0");
    auto const began = sessions.clock.now();
    auto const first = sessions->open("ada", {.ttl = 1h, .attributes = {{"device", "a telephone"}}});
    sessions.clock.step(1min);
    auto const second = sessions->open("ada", {.ttl = 2h});
    sessions->open("ada", {.ttl = 1s});
    sessions->open("bob");
    sessions.clock.step(1min);
    sessions->find(first);
    auto const all = sessions->list("ada");
    REQUIRE(all.size() == 2);
    CHECK(all[0].opened == began);
    CHECK(all[0].last_seen == began + 2min);
    CHECK(all[0].expires == began + 62min);
    CHECK(all[0].attributes == std::vector<session_attribute>{{"device", "a telephone"}});
    CHECK(all[1].opened == began + 1min);
    CHECK(all[1].expires == began + 121min);
    for (auto const& each : all) {
        CHECK(each.id.size() == 16);
        CHECK(first.find(each.id) == std::string::npos);
        CHECK(second.find(each.id) == std::string::npos);
        CHECK(sessions.user_of(each.id).empty());
    }
    CHECK(sessions->list("eve").empty());
}

TEST_CASE("session 3: one session is revoked by its listed id, and only for its own user") {
    sessions sessions("3.0.0");
    auto const kept = sessions->open("ada", {.ttl = 1h});
    sessions.clock.step(1s);
    auto const gone = sessions->open("ada", {.ttl = 1h});
    auto const id = sessions->list("ada")[1].id;
    CHECK_FALSE(sessions->revoke("bob", id));
    CHECK_FALSE(sessions->revoke("ada", "0123456789abcdef"));
    CHECK_FALSE(sessions->revoke("ada", ""));
    CHECK(sessions->revoke("ada", id));
    CHECK_FALSE(sessions->revoke("ada", id));
    CHECK(sessions.user_of(kept) == "ada");
    CHECK(sessions.user_of(gone).empty());
    CHECK(sessions->stats().revoked == 1);
}

TEST_CASE("session 3: revoking a user ends all of their sessions, whichever release opened them") {
    sessions sessions("0.1.0");
    std::vector<std::string> tokens;
    for (auto const release : releases) {
        sessions.move_to(release);
        for (int i = 0; i != 3; ++i) tokens.push_back(sessions->open("ada"));
    }
    sessions.move_to("1.0.0");
    tokens.push_back(sessions->open("ada"));
    sessions.move_to("3.0.0");
    auto const other = sessions->open("bob");
    CHECK(sessions->list("ada").size() == 13);
    CHECK(sessions->revoke_user("ada") == 13);
    CHECK(sessions->revoke_user("ada") == 0);
    for (auto const& token : tokens) CHECK(sessions.user_of(token).empty());
    CHECK(sessions.user_of(other) == "bob");
    CHECK(sessions->stats().live == 1);
    CHECK(sessions->stats().users == 1);
}

TEST_CASE("session 3: a revocation while sessions are opened ends each one that was opened before it") {
    sessions sessions("3.0.0");
    std::atomic<int> survived{0};
    std::atomic<std::uint64_t> revoked{0};
    std::atomic<bool> is_over{false};
    {
        std::jthread const opener([&] {
            for (int i = 0; i != 3000; ++i) {
                auto const token = sessions->open("ada");
                if (i % 16 != 0) continue;
                revoked += sessions->revoke_user("ada");
                survived += sessions->find(token) ? 1 : 0;
            }
            is_over = true;
        });
        std::jthread const revoker([&] {
            while (!is_over) revoked += sessions->revoke_user("ada");
        });
    }
    CHECK(survived == 0);
    CHECK(revoked + sessions->stats().live == 3000);
    CHECK(sessions->stats().revoked == revoked);
}

TEST_CASE(
    "session 3: a downgrade loses attributes and absolute ends, is named as lossy, and keeps all else") {
    sessions sessions("3.0.0");
    auto const token = sessions->open("ada", {.ttl = 10min, .absolute = 15min, .attributes = {{"a", "b"}}});
    CHECK(sessions.plan("2.0.0").losses.size() == 1);
    CHECK(sessions.refusal("2.0.0").code == hotswap::errc::lossy_refused);
    sessions.move_to("2.0.0");
    sessions.clock.step(9min);
    CHECK(sessions->find(token)->attributes.empty());
    sessions.clock.step(9min);
    CHECK(sessions.user_of(token) == "ada");
    sessions.swap("3.0.0");
    CHECK(sessions->find(token)->attributes.empty());
    CHECK(sessions->list("ada").at(0).opened == sessions.clock.now() - 18min);
}
