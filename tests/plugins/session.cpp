#include "plugins/sessions.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

using namespace hotswap_test;

TEST_CASE(
    "session: every release opens sessions with tokens of 64 hexadecimal digits that are never the same") {
    for (auto const release : releases) {
        CAPTURE(release);
        sessions sessions(release);
        std::set<std::string> tokens;
        for (int i = 0; i != 100; ++i) tokens.insert(sessions->open("ada"));
        CHECK(tokens.size() == 100);
        for (auto const& token : tokens) {
            CHECK(token.size() == 64);
            CHECK(token.find_first_not_of("0123456789abcdef") == std::string::npos);
        }
        CHECK(sessions.user_of(*tokens.begin()) == "ada");
        CHECK(sessions->stats().live == 100);
        CHECK(sessions->stats().users == 1);
    }
}

TEST_CASE("session: unknown, closed and expired tokens stand for no user") {
    for (auto const release : releases) {
        CAPTURE(release);
        sessions sessions(release);
        auto const closed = sessions->open("ada");
        auto const expired = sessions->open("bob", 5s);
        auto const lives = sessions->open("eve");
        CHECK(sessions->close(closed));
        CHECK_FALSE(sessions->close(closed));
        CHECK(sessions.user_of(closed).empty());
        CHECK(sessions.user_of("").empty());
        CHECK(sessions.user_of(std::string(64, '0')).empty());
        CHECK(sessions.user_of(std::string(100'000, '0')).empty());
        sessions.clock.step(5s - 1ns);
        CHECK(sessions->find(std::vector<std::string_view>{closed, lives})[1]->user == "eve");
        sessions.clock.step(1ns);
        CHECK(sessions.user_of(lives) == "eve");
        sessions.clock.step(1h);
        CHECK(sessions.user_of(expired).empty());
        CHECK_FALSE(sessions->close(expired));
    }
}

TEST_CASE("session: from release 2 on use renews a session, before that it does not") {
    for (auto const release : releases) {
        CAPTURE(release);
        sessions sessions(release);
        auto const token = sessions->open("ada", 10min);
        for (int i = 0; i != 5; ++i) {
            sessions.clock.step(4min);
            sessions->find(token);
        }
        CHECK(sessions.user_of(token) == (version_of(release) < 2 ? "" : "ada"));
    }
}

TEST_CASE("session: a use soon after another renews nothing, one that is a second later does") {
    for (auto const release : {"2.0.0"sv, "3.0.0"sv}) {
        CAPTURE(release);
        sessions sessions(release);
        auto const token = sessions->open("ada", 10min);
        auto const expires = sessions->find(token)->expires;
        sessions.clock.step(1s - 1ns);
        CHECK(sessions->find(token)->expires == expires);
        sessions.clock.step(1ns);
        CHECK(sessions->find(token)->expires == expires + 1s);
        auto const brief = sessions->open("ada", 64ms);
        sessions.clock.step(1ms);
        CHECK(sessions->find(brief)->expires == sessions.clock.now() + 64ms);
    }
}

TEST_CASE("session: users without a name, arguments and batches out of range are refused in words") {
    for (auto const release : releases) {
        CAPTURE(release);
        sessions sessions(release);
        CHECK_THROWS_AS(sessions->open(""), std::invalid_argument);
        CHECK_THROWS_AS(sessions->open("ada", -1ns), std::invalid_argument);
        CHECK_THROWS_AS(sessions->open("ada", std::chrono::nanoseconds::max()), std::invalid_argument);
        CHECK(sessions.words_of([&] { sessions->open(std::string(257, 'a')); }) ==
              "a user's name has at most 256 bytes, not 257");
        std::vector<std::string_view> const batch(1025, "token");
        CHECK(sessions.words_of([&] { sessions->find(batch); }) ==
              "a batch has at most 1024 tokens, not 1025");
        CHECK(sessions->find(std::span(batch).first(1024)).size() == 1024);
        CHECK(sessions->stats().live == 0);
        CHECK(sessions->stats().users == 0);
        sessions->open(std::string(256, 'a'));
    }
}

TEST_CASE("session: a clock that steps back ends no session and breaks none") {
    for (auto const release : releases) {
        CAPTURE(release);
        sessions sessions(release);
        auto const token = sessions->open("ada", 10min);
        sessions.clock.step(-24h);
        CHECK(sessions.user_of(token) == "ada");
        CHECK(sessions.user_of(sessions->open("bob")) == "bob");
        sessions.clock.step(24h + 5min);
        CHECK(sessions.user_of(token) == "ada");
    }
}

TEST_CASE("session: what a release lacks it refuses in words, with the release that has it") {
    for (auto const release : {"0.1.0"sv, "1.0.0"sv, "2.0.0"sv}) {
        CAPTURE(release);
        sessions sessions(release);
        auto const token = sessions->open("ada");
        std::string const lacks = "session " + std::string(release) + " has no ";
        std::string const newer = "; swap to 3.0.0 or newer first";
        CHECK(sessions.words_of([&] { sessions->list("ada"); }) == lacks + "list" + newer);
        CHECK(sessions.words_of([&] { sessions->revoke("ada", "0"); }) == lacks + "revoke" + newer);
        CHECK(sessions.words_of([&] { sessions->revoke_user("ada"); }) == lacks + "revoke_user" + newer);
        CHECK(sessions.words_of([&] { sessions->set_attribute(token, "a", "b"); }) ==
              lacks + "set_attribute" + newer);
        CHECK(sessions.words_of([&] { sessions->open("ada", {.absolute = 1h}); }) ==
              lacks + "absolute timeouts" + newer);
        CHECK(sessions.words_of([&] {
            sessions->open("ada", {.attributes = {{"a", "b"}}});
        }) == lacks + "attributes" + newer);
        CHECK(sessions->stats().live == 1);
    }
}

TEST_CASE("session: every release takes over a text export from before hotswap") {
    std::string const text =
        "# exported from the shop\r\n\r\nold-token-1\tada\t1750000600\r\nold-token-2\tbob\t1750000001\n";
    for (auto const release : releases) {
        CAPTURE(release);
        sessions sessions(release, {.legacy = bytes_of(text)});
        CHECK(sessions.user_of("old-token-1") == "ada");
        CHECK(sessions.user_of("old-token-2") == "bob");
        CHECK(sessions->stats().users == 2);
        sessions.clock.step(1s);
        CHECK(sessions.user_of("old-token-1") == "ada");
        CHECK(sessions.user_of("old-token-2").empty() == (version_of(release) < 2));
        CHECK(sessions->close("old-token-1"));
    }
}

TEST_CASE("session: a text export with a mistake is refused with the line and what is wrong with it") {
    still_clock const clock;
    hotswap::runtime runtime({.modules = HOTSWAP_SHIPPED_MODULES, .log_to_stderr = false});
    std::string crowd;
    for (int i = 0; i != 1025; ++i) crowd += std::to_string(i) + "\tada\t1750000600\n";
    for (auto const& [text, words] : std::vector<std::pair<std::string, std::string>>{
             {"a\tada\t1750000600\nb bob 1750000600\n", "line 2"},
             {"a\tada\tsoon\n", "expiry"},
             {"a\tada\t1750000600\n# again\na\tbob\t1750000600\n", "line 3"},
             {"blake2b:00\tada\t1750000600\n", "blake2b:"},
             {std::string(257, 'a') + "\tada\t1750000600\n", "at most 256 bytes"},
             {"a\t" + std::string(257, 'a') + "\t1750000600\n", "at most 256 bytes"},
             {crowd, "line 1025"},
             {"a\tada\t99999999999999\n", "expiry"}}) {
        CAPTURE(text.substr(0, 80));
        auto const refused = runtime.load<hotswap::contracts::session>(
            "session", {.module = module_of("session", "2.0.0"), .legacy = bytes_of(text)});
        REQUIRE(refused.has_error());
        CHECK(refused.error().code == hotswap::errc::adopt_failed);
        CHECK(refused.error().message.find(words) != std::string::npos);
    }
}
