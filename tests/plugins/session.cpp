#include "plugins/shipped.hpp"

#include <sodium.h>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <thread>

using namespace hotswap_test;
using hotswap::contracts::session;
using hotswap::contracts::session_settings;

namespace {

struct sessions : shipped<session> {
    explicit sessions(std::string_view release, hotswap::load_options options = {})
        : shipped("session", release, std::move(options)) {}

    /// The user of a token; empty: no user.
    std::string user_of(std::string_view token) {
        auto const found = (*this)->find(token);
        return found ? found->user : "";
    }
};

std::string hash_form(std::string_view token) {
    std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
    crypto_hash_sha256(hash.data(), reinterpret_cast<unsigned char const*>(token.data()), token.size());
    std::array<char, 2 * sizeof hash + 1> hex{};
    return "sha256:" + std::string(sodium_bin2hex(hex.data(), hex.size(), hash.data(), hash.size()));
}

}  // namespace

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
        sessions.clock.step(5s - 1ns);
        CHECK(sessions->find(std::vector<std::string_view>{closed, lives})[1]->user == "eve");
        sessions.clock.step(1ns);
        CHECK(sessions.user_of(lives) == "eve");
        sessions.clock.step(1h);
        CHECK(sessions.user_of(expired).empty());
        CHECK_FALSE(sessions->close(expired));
    }
}

TEST_CASE("session: a token is honoured under every release, whichever release handed it out") {
    sessions sessions("0.1.0");
    std::vector<std::pair<std::string, std::string>> handed_out;
    for (auto const release :
         {"0.1.0"sv, "1.0.0"sv, "2.0.0"sv, "1.0.0"sv, "0.1.0"sv, "2.0.0"sv, "0.1.0"sv, "1.0.0"sv}) {
        sessions.move_to(release);
        handed_out.emplace_back(sessions->open("user of " + std::string(release)),
                                "user of " + std::string(release));
        CAPTURE(release);
        for (auto const& [token, user] : handed_out) CHECK(sessions.user_of(token) == user);
    }
    for (auto const& [token, user] : handed_out) {
        CHECK(sessions->close(token));
        CHECK(sessions.user_of(token).empty());
    }
}

TEST_CASE("session: the stored form of a token is no token under any release") {
    sessions sessions("2.0.0");
    auto const token = sessions->open("ada");
    for (auto const release : {"2.0.0"sv, "1.0.0"sv, "0.1.0"sv, "1.0.0"sv, "2.0.0"sv}) {
        sessions.move_to(release);
        CAPTURE(release);
        CHECK(sessions.user_of(hash_form(token)).empty());
        CHECK_FALSE(sessions->close(hash_form(token)));
        CHECK(sessions.user_of(hash_form(hash_form(token))).empty());
        CHECK(sessions.user_of(token) == "ada");
    }
}

TEST_CASE("session: a snapshot of release 2 holds no token that anybody could present") {
    sessions sessions("1.0.0");
    auto const token = sessions->open("ada");
    CHECK(holds(sessions.snapshot(), token));
    sessions.swap("2.0.0");
    auto const later = sessions->open("bob");
    CHECK_FALSE(holds(sessions.snapshot(), token));
    CHECK_FALSE(holds(sessions.snapshot(), later));
    sessions.move_to("1.0.0");
    CHECK_FALSE(holds(sessions.snapshot(), later));
    CHECK(holds(sessions.snapshot(), hash_form(later)));
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
        CHECK(sessions.user_of(token) == (release == "2.0.0" ? "ada" : ""));
    }
}

TEST_CASE("session: a session keeps its lifetime through an upgrade, down again and up") {
    sessions sessions("1.0.0");
    auto const token = sessions->open("ada", 10min);
    sessions.swap("2.0.0");
    sessions.clock.step(4min);
    CHECK(sessions->find(token)->expires == sessions.clock.now() + 10min);
    sessions.move_to("1.0.0");
    sessions.clock.step(4min);
    CHECK(sessions->find(token)->expires == sessions.clock.now() + 6min);
    sessions.swap("2.0.0");
    CHECK(sessions->find(token)->expires == sessions.clock.now() + 10min);
}

TEST_CASE("session: at the per-user limit the session that was unused longest ends") {
    sessions sessions("2.0.0");
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
    CHECK(sessions->stats().ended == 1);
    CHECK(sessions->close(first));
    sessions->open("ada");
    CHECK(sessions.user_of(third) == "ada");
}

TEST_CASE(
    "session: the per-user limit counts sessions opened under earlier releases, and is set by an argument") {
    sessions sessions("1.0.0");
    std::vector<std::string> tokens;
    for (int i = 0; i != 4; ++i) {
        tokens.push_back(sessions->open("ada"));
        sessions.clock.step(1s);
    }
    CHECK(sessions.refusal("2.0.0", {.arguments = {{"per_user_limit", "three"}}}).code ==
          hotswap::errc::migration_failed);
    CHECK(sessions.user_of(tokens[0]) == "ada");
    sessions.swap("2.0.0", {.arguments = {{"per_user_limit", "3"}}});
    CHECK(sessions->current_settings().per_user_limit == 3);
    sessions->open("ada");
    CHECK(sessions.user_of(tokens[0]).empty());
    CHECK(sessions.user_of(tokens[1]).empty());
    CHECK(sessions.user_of(tokens[2]) == "ada");
    CHECK(sessions.user_of(tokens[3]) == "ada");
}

TEST_CASE("session: every downgrade is named as lossy and refused without leave") {
    sessions sessions("2.0.0");
    auto const token = sessions->open("ada");
    for (auto const release : {"1.0.0"sv, "0.1.0"sv}) {
        CAPTURE(release);
        CHECK(sessions.plan(release).losses.size() == 1 + (release == "0.1.0" ? 1 : 0));
        CHECK(sessions.refusal(release).code == hotswap::errc::lossy_refused);
    }
    CHECK(sessions.user_of(token) == "ada");
}

TEST_CASE(
    "session: settings and counts go up and down with the state, a setting that a release lacks is refused") {
    sessions sessions("1.0.0");
    sessions->configure({.default_timeout = 2h, .cleanup_interval = 30s});
    CHECK_THROWS_AS(sessions->configure({.per_user_limit = 3}), std::invalid_argument);
    CHECK_THROWS_AS(sessions->configure({.default_timeout = 0ns}), std::invalid_argument);
    CHECK_THROWS_AS(sessions->configure({.cleanup_interval = 1ms}), std::invalid_argument);
    sessions->close(sessions->open("ada"));
    sessions.swap("2.0.0");
    sessions->close(sessions->open("ada"));
    CHECK(sessions->current_settings() ==
          session_settings{.default_timeout = 2h, .cleanup_interval = 30s, .per_user_limit = 0});
    sessions.move_to("1.0.0");
    CHECK(sessions->current_settings() == session_settings{.default_timeout = 2h, .cleanup_interval = 30s});
    CHECK(sessions->stats().opened == 2);
    CHECK(sessions->stats().ended == 2);
    sessions.move_to("0.1.0");
    CHECK(sessions->current_settings() == session_settings{});
    CHECK_THROWS_AS(sessions->configure({.default_timeout = 2h}), std::invalid_argument);
}

TEST_CASE("session: users without a name and lifetimes out of range are refused") {
    for (auto const release : releases) {
        CAPTURE(release);
        sessions sessions(release);
        CHECK_THROWS_AS(sessions->open(""), std::invalid_argument);
        CHECK_THROWS_AS(sessions->open("ada", -1ns), std::invalid_argument);
        CHECK_THROWS_AS(sessions->open("ada", std::chrono::nanoseconds::max()), std::invalid_argument);
        CHECK(sessions->stats().live == 0);
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

TEST_CASE("session: every release takes over a text export from before hotswap") {
    std::string const text =
        "# exported from the shop\r\n\r\nold-token-1\tada\t1750000600\r\nold-token-2\tbob\t1750000001\n";
    for (auto const release : releases) {
        CAPTURE(release);
        sessions sessions(release, {.legacy = bytes_of(text)});
        CHECK(sessions.user_of("old-token-1") == "ada");
        CHECK(sessions.user_of("old-token-2") == "bob");
        sessions.clock.step(1s);
        CHECK(sessions.user_of("old-token-1") == "ada");
        if (release != "2.0.0") CHECK(sessions.user_of("old-token-2").empty());
    }
}

TEST_CASE("session: a text export with a mistake is refused with the line and what is wrong with it") {
    still_clock const clock;
    hotswap::runtime runtime({.modules = HOTSWAP_SHIPPED_MODULES, .log_to_stderr = false});
    for (auto const& [text, words] : std::vector<std::pair<std::string, std::string>>{
             {"a\tada\t1750000600\nb bob 1750000600\n", "line 2"},
             {"a\tada\tsoon\n", "expiry"},
             {"a\tada\t1750000600\n# again\na\tbob\t1750000600\n", "line 3"},
             {"sha256:00\tada\t1750000600\n", "sha256:"},
             {"a\tada\t99999999999999\n", "expiry"}}) {
        CAPTURE(text);
        auto const refused = runtime.load<session>(
            "session", {.module = module_of("session", "2.0.0"), .legacy = bytes_of(text)});
        REQUIRE(refused.has_error());
        CHECK(refused.error().code == hotswap::errc::adopt_failed);
        CHECK(refused.error().message.find(words) != std::string::npos);
    }
}

TEST_CASE("session: two threads open, use and close sessions while the releases change under them") {
    sessions sessions("0.1.0");
    std::atomic<int> lost = 0;
    {
        auto const caller = [&sessions, &lost](std::string const& user) {
            for (int i = 0; i != 500; ++i) {
                auto const token = sessions->open(user);
                auto const found = sessions->find(token);
                bool const kept = found && found->user == user && (i % 2 == 0 || sessions->close(token));
                lost += kept ? 0 : 1;
            }
        };
        std::jthread const first(caller, "ada");
        std::jthread const second(caller, "bob");
        for (auto const release : {"1.0.0"sv, "2.0.0"sv, "1.0.0"sv, "2.0.0"sv, "0.1.0"sv, "2.0.0"sv})
            sessions.move_to(release);
    }
    CHECK(lost == 0);
    CHECK(sessions->stats().live == 500);
}
