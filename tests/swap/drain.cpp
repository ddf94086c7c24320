#include "swap/fixture.hpp"

using namespace hotswap_test;
using hotswap::errc;
using hotswap::phase;

TEST_CASE(
    "drain: a lease that stays out past the deadline refuses the swap, given back, the swap goes ahead") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    sums->add("a", 1);
    untouched before(at, "tally");
    {
        lease_elsewhere const held(sums);
        auto const why = at.refusal("tally", tally_file("2.0.0"), {.drain_deadline = 1ms});
        CHECK(why.code == errc::drain_timeout);
        CHECK(why.phase == phase::drain);
        CHECK(why.old_serving);
        CHECK(names(why.message, {"1 lease", "drain_deadline", "thread ", "fixture.hpp:"}));
        CHECK(sums->total("a") == 1);
    }
    before.check();
    at.swap("tally", tally_file("2.0.0"));
    CHECK(sums->total("a") == 1);
}

TEST_CASE("drain: a deadline of nothing refuses a held lease as overdue, and lets a free component go") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    {
        lease_elsewhere const held(sums);
        CHECK(at.refusal("tally", tally_file("2.0.0"), {.drain_deadline = 0ns}).code == errc::drain_timeout);
    }
    at.swap("tally", tally_file("2.0.0"), {.drain_deadline = 0ns});
}

TEST_CASE("drain: a deadline of ages is no overflow") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    at.swap("tally", tally_file("2.0.0"), {.drain_deadline = std::chrono::nanoseconds::max()});
}

TEST_CASE("drain: a shared lease holds a swap up, whichever thread gives it back") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    std::optional held(sums.share());
    CHECK(at.refusal("tally", tally_file("2.0.0"), {.drain_deadline = 1ms}).code == errc::drain_timeout);
    std::thread([&held] { held.reset(); }).join();
    at.swap("tally", tally_file("2.0.0"));
}

TEST_CASE("pause budget: a swap that cannot keep it gives up, and the old code serves on") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    sums->add("a", 1);
    untouched before(at, "tally");

    SUBCASE("while it waits for a lease") {
        lease_elsewhere const held(sums);
        auto const why = at.refusal("tally", tally_file("2.0.0"), {.pause_budget = 1ms});
        CHECK(why.code == errc::pause_budget_exceeded);
        CHECK(why.phase == phase::drain);
        CHECK(why.old_serving);
    }
    SUBCASE("because a step took longer") {
        auto const why = at.refusal("tally", tally_file("2.0.0"), {.pause_budget = 1ns});
        CHECK(why.code == errc::pause_budget_exceeded);
        CHECK(why.old_serving);
        CHECK(names(why.message, {"1 ns"}));
    }
    SUBCASE("by handoff") {
        auto const why = at.refusal("tally", tally_file("1.9.0"),
                                    {.transfer = hotswap::transfer::handoff, .pause_budget = 1ns});
        CHECK(why.code == errc::invalid_argument);
        CHECK(names(why.message, {"handoff", "pause_budget", "transfer::snapshot"}));
        CHECK(why.old_serving);
    }

    before.check();
    at.swap("tally", tally_file("2.0.0"), {.pause_budget = 1h});
}

TEST_CASE("deadlock: an operation on a thread that holds a lease on the component is refused at once") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    auto const other = at.load("other", tally_file("1.0.0"));
    auto const frame = at.snapshot("tally");
    at.swap("tally", tally_file("2.0.0"));
    auto const generation = at.status("tally").running.generation;
    {
        auto const held = sums.lease();
        auto const expect = [](auto const& result) {
            REQUIRE(result.has_error());
            CHECK(result.error().code == errc::would_deadlock);
            CHECK(result.error().old_serving);
        };
        expect(at.runtime.swap("tally"));
        expect(at.runtime.revert("tally"));
        expect(at.runtime.restore("tally", frame));
        expect(at.runtime.snapshot("tally"));
        expect(at.runtime.unload("tally"));
        at.swap("other", tally_file("2.0.0"));
    }
    CHECK(at.status("tally").running.generation == generation);
    at.runtime.revert("tally").value();
}

TEST_CASE("callers: those who come while the gate is closed are counted, and served by the new generation") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    lease_elsewhere held(sums);
    auto swapping = std::async(std::launch::async, [&] { return at.swap("tally", tally_file("2.0.0")); });
    while (!at.status("tally").swapping) std::this_thread::yield();
    auto calling = std::async(std::launch::async, [&] { return sums->code(); });
    held.give_back();
    auto const report = swapping.get();
    auto const code = calling.get();
    CHECK((code == "tally 2.0.0" || report.calls_held == 0));
    CHECK(sums->code() == "tally 2.0.0");
}
