// Sessions while the releases change under them.
#include "plugins/sessions.hpp"

#include <atomic>
#include <map>
#include <thread>

using namespace hotswap_test;

TEST_CASE("session: a token of any release is honoured under every other, along random walks of swaps") {
    for (std::uint64_t seed = 1; seed != 5; ++seed) {
        CAPTURE(seed);
        release_walk walk(seed);
        sessions sessions(walk.next());
        std::vector<std::pair<std::string, std::string>> handed_out;
        for (int step = 0; step != 12; ++step) {
            auto const user = "user " + std::to_string(step);
            handed_out.emplace_back(sessions->open(user), user);
            sessions.move_to(walk.next());
            for (auto const& [token, of] : handed_out) CHECK(sessions.user_of(token) == of);
        }
        for (auto const& [token, of] : handed_out) {
            CHECK(sessions->close(token));
            CHECK(sessions.user_of(token).empty());
        }
        CHECK(sessions->stats().live == 0);
        CHECK(sessions->stats().users == 0);
    }
}

TEST_CASE("session: a session keeps its lifetime through an upgrade, down again and up") {
    sessions sessions("1.0.0");
    auto const token = sessions->open("ada", 10min);
    sessions.swap("3.0.0");
    sessions.clock.step(4min);
    CHECK(sessions->find(token)->expires == sessions.clock.now() + 10min);
    sessions.move_to("1.0.0");
    sessions.clock.step(4min);
    CHECK(sessions->find(token)->expires == sessions.clock.now() + 6min);
    sessions.swap("2.0.0");
    CHECK(sessions->find(token)->expires == sessions.clock.now() + 10min);
}

TEST_CASE("session: every downgrade is named as lossy and refused without leave") {
    sessions sessions("3.0.0");
    auto const token = sessions->open("ada");
    std::size_t steps = 0;
    for (auto const release : {"2.0.0"sv, "1.0.0"sv, "0.1.0"sv}) {
        CAPTURE(release);
        CHECK(sessions.plan(release).losses.size() == ++steps);
        CHECK(sessions.refusal(release).code == hotswap::errc::lossy_refused);
    }
    CHECK(sessions.user_of(token) == "ada");
}

TEST_CASE("session: each swap between any two releases copies its sessions before the pause, under writers") {
    sessions sessions("0.1.0");
    for (int i = 0; i != 2000; ++i) sessions->open("user " + std::to_string(i % 300));
    std::atomic<bool> is_over{false};
    std::atomic<int> lost{0};
    {
        auto const caller = [&](std::string const& user) {
            while (!is_over) {
                auto const token = sessions->open(user);
                lost += sessions.user_of(token) == user ? 0 : 1;
                lost += sessions->close(token) ? 0 : 1;
            }
        };
        std::jthread const first(caller, "ada");
        std::jthread const second(caller, "bob");
        for (auto const release : {"1.0.0"sv, "2.0.0"sv, "3.0.0"sv, "2.0.0"sv, "1.0.0"sv, "0.1.0"sv,
                                   "3.0.0"sv, "0.1.0"sv, "2.0.0"sv}) {
            CAPTURE(release);
            CHECK(sessions.move_to(release).tables.way == hotswap::table_way::before_pause);
        }
        is_over = true;
    }
    CHECK(lost == 0);
    CHECK(sessions->stats().live == 2000);
    CHECK(sessions->stats().users == 300);
}

TEST_CASE("session: a handoff goes on with the very sessions that there were, under every release") {
    for (auto const release : releases) {
        CAPTURE(release);
        sessions sessions(release);
        auto const before = sessions->open("ada");
        CHECK(sessions.swap(release, {.transfer = hotswap::transfer::handoff, .even_if_unchanged = true})
                  .transfer == hotswap::transfer::handoff);
        auto const after = sessions->open("bob");
        CHECK(sessions.user_of(before) == "ada");
        CHECK(sessions.user_of(after) == "bob");
        CHECK(sessions->close(before));
        CHECK(sessions.user_of(before).empty());
    }
}

TEST_CASE("session: expired sessions go a few at a time, by the timer and by callers, under every release") {
    for (auto const release : releases) {
        CAPTURE(release);
        sessions sessions(release);
        if (version_of(release) > 0) sessions->configure({.cleanup_interval = 1s});
        constexpr std::size_t crowd = 20'000;
        for (std::size_t i = 0; i != crowd; ++i) sessions->open("user " + std::to_string(i), 1s);
        auto const lives = sessions->open("ada", 1h);
        sessions.clock.step(1min);
        CHECK(sessions->stats().live > crowd / 2);
        while (sessions->stats().live != 1) {
            auto const token = sessions->open("bob", 1h);
            CHECK(sessions.user_of(lives) == "ada");
            CHECK(sessions->close(token));
        }
        CHECK(sessions->stats().users == 1);
        if (version_of(release) > 0) CHECK(sessions->stats().expired == crowd);
    }
}

namespace {

/// The answers that the session manager owes, whatever releases are between them.
class model {
public:
    explicit model(std::uint64_t seed) : walk_(seed), at_(walk_.next()) {}

    void step() {
        switch (walk_.below(12)) {
            case 0:
                at_.move_to(walk_.next());
                break;
            case 1:
            case 2:
            case 3:
                open();
                break;
            case 4:
                close();
                break;
            case 5:
                at_.clock.step(std::chrono::seconds(1 + walk_.below(40)));
                break;
            case 6:
                revoke();
                break;
            default:
                look();
        }
    }
    void look_at_all() {
        for (auto const& [token, known] : sessions_)
            CHECK(at_.user_of(token) == (is_live(known) ? known.user : ""));
    }

private:
    struct one {
        std::string user;
        still_clock::time_point expires{};
        std::chrono::seconds ttl{};
        bool is_closed = false;
    };

    bool is_live(one const& known) const { return !known.is_closed && known.expires > at_.clock.now(); }
    bool renews() const { return version_of(release()) >= 2; }
    std::string release() const { return at_.runtime.status().at(0).running.release; }

    void open() {
        auto const user = "user " + std::to_string(walk_.below(5));
        auto const ttl = std::chrono::seconds(20 + walk_.below(100));
        sessions_[at_->open(user, ttl)] = {user, at_.clock.now() + ttl, ttl};
    }
    std::map<std::string, one>::iterator any() {
        return std::next(sessions_.begin(), static_cast<std::ptrdiff_t>(walk_.below(sessions_.size())));
    }
    void close() {
        if (sessions_.empty()) return;
        auto const which = any();
        CHECK(at_->close(which->first) == is_live(which->second));
        which->second.is_closed = true;
    }
    void look() {
        if (sessions_.empty()) return;
        auto& [token, known] = *any();
        auto const found = at_->find(token);
        CHECK(found.has_value() == is_live(known));
        if (!found) return;
        // Version 0 keeps no lifetimes: a session that was there counts as opened for 1 h.
        if (renews() && found->expires > known.expires) known.expires = found->expires;
        CHECK(found->user == known.user);
        CHECK(found->expires == known.expires);
    }
    void revoke() {
        if (release() != "3.0.0") return;
        auto const user = "user " + std::to_string(walk_.below(5));
        std::uint64_t live = 0;
        for (auto& [token, known] : sessions_) {
            if (known.user != user) continue;
            live += is_live(known) ? 1 : 0;
            known.is_closed = true;
        }
        CHECK(at_->list(user).size() == live);
        CHECK(at_->revoke_user(user) == live);
    }

    release_walk walk_;
    sessions at_;
    std::map<std::string, one> sessions_;
};

}  // namespace

TEST_CASE("session: a model and the manager agree on every answer, with random calls and swaps") {
    for (std::uint64_t seed = 1; seed != 7; ++seed) {
        CAPTURE(seed);
        model both(seed);
        for (int i = 0; i != 400; ++i) both.step();
        both.look_at_all();
    }
}
