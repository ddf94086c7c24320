#include "plugins/rate_limiter.hpp"
#include "rate_limiter/states/v3.hpp"
#include "slot/waiting.hpp"

#include <thread>
#include <type_traits>

using namespace hotswap_test;
using test::eventually;

namespace {

namespace states = hotswap::rate_limiter_states;

/// Two threads that acquire for a few thousand clients until they are stopped.
class two_writers {
public:
    explicit two_writers(limiter& of)
        : first_([&of, this] { run(of, 1); }), second_([&of, this] { run(of, 2); }) {}
    ~two_writers() { stop_ = true; }

private:
    void run(limiter& of, int step) {
        for (int i = 0; !stop_; i += step) of->acquire("client " + std::to_string(i % 5000));
    }

    std::atomic<bool> stop_{false};
    std::jthread first_;
    std::jthread second_;
};

template <class State>
inline constexpr bool hashes_by_a_seed =
    std::is_same_v<typename decltype(State::clients)::hasher, hotswap::seeded_hash>;

}  // namespace

TEST_CASE("rate_limiter: every swap copies the clients before the pause, while two threads write") {
    limiter limiter("0.1.0", {.client = {.tokens = 1, .burst = 100}});
    for (int i = 0; i != 20'000; ++i) limiter->acquire("client " + std::to_string(i));
    two_writers const writers(limiter);
    for (auto const release : {"1.0.0", "2.0.0", "3.0.0", "2.0.0", "1.0.0", "0.1.0", "3.0.0", "0.1.0"}) {
        CAPTURE(release);
        auto const report = limiter.move_to(release);
        CHECK_MESSAGE(report.tables.way == hotswap::table_way::before_pause, report.tables.reason);
        CHECK(limiter->stats().clients == 20'000);
    }
}

TEST_CASE("rate_limiter: an upgrade from legacy keeps clients and limit, and begins to count") {
    limiter limiter("0.1.0");
    CHECK(limiter->acquire("a", 4).allowed);
    auto const report = limiter.swap("3.0.0");
    CHECK(report.path == std::vector<std::uint32_t>{0, 1, 2, 3});
    CHECK(limiter.remaining("a") == 1);
    CHECK(limiter->current_settings() == rate_settings{.client = {.tokens = 10, .burst = 5}});
    CHECK(limiter->stats().admitted == 0);
    CHECK(limiter.admitted("a", 3) == 1);
    CHECK(limiter->stats() == rate_statistics{.clients = 1, .admitted = 1, .refused = 2});
}

TEST_CASE("rate_limiter: the downgrade 2 → 1 loses nothing and needs no leave") {
    rate_settings const settings{.client = {.tokens = 10, .burst = 5}, .global{{.tokens = 10, .burst = 7}}};
    limiter limiter("2.0.0", settings);
    CHECK(limiter.admitted("a", 9) == 5);
    CHECK(limiter.plan("1.0.0").losses.empty());
    CHECK(limiter.plan("1.0.0").reversible_without_loss);
    limiter.swap("1.0.0");
    CHECK(limiter->current_settings() == settings);
    CHECK(limiter->stats() == rate_statistics{.clients = 1, .admitted = 5, .refused = 4});
    CHECK(limiter.admitted("b", 9) == 2);
    CHECK(limiter.remaining("a") == 0);
}

TEST_CASE("rate_limiter: the downgrade 1 → 0 is named as lossy and refused without leave") {
    limiter limiter("1.0.0", {.client = {.tokens = 10, .burst = 5}, .global{{.tokens = 10, .burst = 7}}});
    CHECK(limiter.admitted("a", 2) == 2);
    CHECK(limiter.plan("0.1.0").losses.size() == 1);
    CHECK(limiter.refusal("0.1.0").code == hotswap::errc::lossy_refused);
    CHECK(limiter->stats().admitted == 2);
    limiter.move_to("0.1.0");
    CHECK(limiter->current_settings() == rate_settings{.client = {.tokens = 10, .burst = 5}});
    CHECK(limiter.remaining("a") == 3);
    CHECK(limiter->stats().admitted == 0);
}

TEST_CASE("rate_limiter: the downgrade 3 → 2 loses plans and penalties only, and needs leave") {
    rate_settings settings{.client = {.tokens = 10, .burst = 5},
                           .global{{.tokens = 10, .burst = 70}},
                           .penalty{{.violations = 1, .decay = 1h, .block = 1h}},
                           .plans = {{.client = "b", .limit = {.tokens = 10, .burst = 50}}}};
    limiter limiter("3.0.0", settings);
    CHECK(limiter.admitted("a", 9) == 5);
    CHECK(limiter.admitted("b", 9) == 9);
    CHECK(limiter.plan("2.0.0").losses.size() == 1);
    CHECK(limiter.refusal("2.0.0").code == hotswap::errc::lossy_refused);
    CHECK(limiter->current_settings() == settings);
    limiter.move_to("2.0.0");
    settings.penalty.reset();
    settings.plans.clear();
    CHECK(limiter->current_settings() == settings);
    CHECK(limiter->stats() == rate_statistics{.clients = 2, .admitted = 14, .refused = 4});
    limiter.clock.step(100ms);
    CHECK(limiter.admitted("a", 9) == 1);  // no longer blocked
    CHECK(limiter.remaining("b") == 0);
}

TEST_CASE("rate_limiter: settings, plans, blocks and counts survive every transfer of release 3") {
    rate_settings const settings{.client = {.tokens = 10, .burst = 5},
                                 .penalty{{.violations = 1, .decay = 1h, .block = 1h}},
                                 .plans = {{.client = "b", .prefix = true, .limit = {.burst = 50}}}};
    limiter limiter("3.0.0", settings);
    CHECK(limiter.admitted("a", 9) == 5);
    for (auto const way :
         {hotswap::transfer::direct, hotswap::transfer::snapshot, hotswap::transfer::handoff}) {
        limiter.swap("3.0.0", {.transfer = way, .even_if_unchanged = true});
        CHECK(limiter->current_settings() == settings);
        CHECK(limiter->acquire("a", 1).retry_after == 1h);
        CHECK(limiter.remaining("b1") == 50);
        CHECK(limiter->stats().penalties == 1);
    }
}

TEST_CASE("handoff: every release of the limiter goes on with the very clients it had") {
    for (auto const release : releases) {
        CAPTURE(release);
        limiter limiter(release);
        CHECK(limiter->acquire("a", 4).allowed);
        auto const report =
            limiter.swap(release, {.transfer = hotswap::transfer::handoff, .even_if_unchanged = true});
        CHECK(report.transfer == hotswap::transfer::handoff);
        CHECK(limiter.remaining("a") == 1);
        CHECK(limiter.admitted("a", 2) == 1);
    }
}

TEST_CASE(
    "rate_limiter: two threads get exactly one burst between them while the releases change under them") {
    limiter limiter("0.1.0", {.client = {.tokens = 1, .burst = 20'000}});
    std::atomic<int> admitted = 0;
    {
        auto const caller = [&limiter, &admitted] {
            for (int i = 0; i != 15'000; ++i) admitted += limiter->acquire("shared").allowed ? 1 : 0;
        };
        std::jthread const first(caller);
        std::jthread const second(caller);
        for (auto const release :
             {"1.0.0"sv, "3.0.0"sv, "1.0.0"sv, "2.0.0"sv, "3.0.0"sv, "0.1.0"sv, "3.0.0"sv})
            limiter.move_to(release);
    }
    CHECK(admitted == 20'000);
}

TEST_CASE("rate_limiter: two threads share the global limit exactly, while settings and releases change") {
    rate_settings settings{.client = {.tokens = 1, .burst = 30'000}, .global{{.tokens = 1, .burst = 20'000}}};
    limiter limiter("1.0.0", settings);
    std::atomic<int> admitted = 0;
    {
        auto const caller = [&](std::string_view name) {
            for (int i = 0; i != 15'000; ++i) admitted += limiter->acquire(name).allowed ? 1 : 0;
        };
        std::jthread const first(caller, "one");
        std::jthread const second(caller, "two");
        for (auto const release : {"2.0.0"sv, "3.0.0"sv, "2.0.0"sv, "1.0.0"sv, "3.0.0"sv}) {
            limiter.move_to(release);
            settings.client.burst += 1;
            limiter->configure(settings);
        }
    }
    CHECK(admitted == 20'000);
    CHECK(limiter->stats().refused_by_all == 10'000);
}

TEST_CASE("rate_limiter: clients that have been idle for a minute are forgotten, and the others stay") {
    for (auto const release : releases) {
        CAPTURE(release);
        limiter limiter(release);
        for (int i = 0; i != 300; ++i) limiter->acquire("idle " + std::to_string(i));
        limiter.clock.step(1min + 400ms);
        CHECK(limiter->acquire("busy", 5).allowed);
        CHECK(eventually([&] { return limiter->stats().clients == 1; }));
        CHECK(limiter.remaining("busy") == 0);
        CHECK(limiter->stats().forgotten == (release == "0.1.0" ? 0 : 300));
    }
}

TEST_CASE("rate_limiter: a client that is blocked, or has violations left, is not idle") {
    limiter limiter("3.0.0", {.client = {.tokens = 10, .burst = 1},
                              .penalty{{.violations = 2, .decay = 1h, .block = 2h}}});
    CHECK(limiter.admitted("violator", 2) == 1);
    CHECK(limiter.admitted("blocked", 3) == 1);
    CHECK(limiter.admitted("idle", 1) == 1);
    limiter.clock.step(1h + 1min - 1ns);
    CHECK(eventually([&] { return limiter->stats().clients == 2; }));
    limiter.clock.step(1ns);
    CHECK(eventually([&] { return limiter->stats().clients == 1; }));
    CHECK(limiter->acquire("blocked").retry_after == 59min);
    limiter.clock.step(1h);
    CHECK(eventually([&] { return limiter->stats().clients == 0; }));
}

TEST_CASE("rate_limiter: no name can be chosen to meet others in one shard, because the hash has a seed") {
    CHECK(hashes_by_a_seed<states::v0::state>);
    CHECK(hashes_by_a_seed<states::v1::state>);
    CHECK(hashes_by_a_seed<states::v2::state>);
    CHECK(hashes_by_a_seed<states::v3::state>);
}
