// What the session manager shows of tokens: nothing that can be presented.
#include "plugins/sessions.hpp"

#include <set>

using namespace hotswap_test;

namespace {

/// The stored forms in a snapshot of release 1: "blake2b:" and 64 digits.
std::set<std::string> stored_forms(std::span<std::byte const> bytes) {
    std::string_view const all(reinterpret_cast<char const*>(bytes.data()), bytes.size());
    std::set<std::string> found;
    for (auto at = all.find("blake2b:"); at != all.npos; at = all.find("blake2b:", at + 1))
        found.emplace(all.substr(at, 72));
    return found;
}

}  // namespace

TEST_CASE("session: the stored form of a token is no token under any release") {
    sessions sessions("2.0.0");
    auto const token = sessions->open("ada");
    sessions.move_to("1.0.0");
    auto const stored = stored_forms(sessions.snapshot());
    REQUIRE(stored.size() == 1);
    for (auto const release : {"1.0.0"sv, "0.1.0"sv, "1.0.0"sv, "2.0.0"sv, "3.0.0"sv}) {
        sessions.move_to(release);
        CAPTURE(release);
        CHECK(sessions.user_of(*stored.begin()).empty());
        CHECK_FALSE(sessions->close(*stored.begin()));
        CHECK(sessions.user_of(stored.begin()->substr(8)).empty());
        CHECK(sessions.user_of(token) == "ada");
    }
}

TEST_CASE("session: a snapshot of releases 2 and 3 holds no token that a reader could present") {
    sessions sessions("1.0.0");
    auto const token = sessions->open("ada");
    CHECK(holds(sessions.snapshot(), token));
    std::vector<std::string> later;
    for (auto const release : {"2.0.0"sv, "3.0.0"sv}) {
        sessions.swap(release);
        later.push_back(sessions->open("bob"));
        CHECK_FALSE(holds(sessions.snapshot(), token));
        for (auto const& each : later) CHECK_FALSE(holds(sessions.snapshot(), each));
    }
    sessions.move_to("1.0.0");
    for (auto const& each : later) CHECK_FALSE(holds(sessions.snapshot(), each));
    CHECK(stored_forms(sessions.snapshot()).size() == 3);
}

TEST_CASE("session: two managers keep the same token under different hashes") {
    std::set<std::string> stored;
    for (int i = 0; i != 2; ++i) {
        sessions sessions("2.0.0", {.legacy = bytes_of("a known token\tada\t4102444800\n")});
        CHECK(sessions.user_of("a known token") == "ada");
        sessions.move_to("1.0.0");
        stored.merge(stored_forms(sessions.snapshot()));
    }
    CHECK(stored.size() == 2);
}

TEST_CASE("session: no event and no failure shows a token, nor the key of a row that a migration rejects") {
    sessions sessions("1.0.0");
    std::string all;
    auto const listening =
        sessions.runtime.subscribe([&](hotswap::event const& event) { all += to_string(event) + "\n"; });
    std::vector<std::string> tokens;
    for (int i = 0; i != 10; ++i) tokens.push_back(sessions->open("ada"));
    sessions->find(tokens[0]);
    sessions->close(tokens[0]);
    auto const refused = sessions.runtime.swap(
        "session", {.module = std::filesystem::path(HOTSWAP_TEST_MODULES) / "plugins" / "session-9.9.9.so"});
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == hotswap::errc::migration_failed);
    CHECK(refused.error().message.find("ada has been rejected") != std::string::npos);
    all += to_string(refused.error());
    for (auto const release : {"2.0.0"sv, "3.0.0"sv, "1.0.0"sv}) sessions.move_to(release);
    CHECK(all.find("ada has been rejected") != std::string::npos);
    for (auto const& token : tokens) CHECK(all.find(token.substr(0, 8)) == std::string::npos);
    for (auto const& stored : stored_forms(sessions.snapshot()))
        CHECK(all.find(stored.substr(8, 8)) == std::string::npos);
    for (auto const& token : tokens) CHECK(sessions.user_of(token).empty() == (token == tokens[0]));
}
