// Code that is still in use: a module stays open until its last user is gone, and the verdict names that
// user.
#include "slot/waiting.hpp"
#include "swap/fixture.hpp"
#include "swap/fixtures/lodger.hpp"
#include "swap/fixtures/patient.hpp"
#include "swap/fixtures/rows.hpp"

#include "../examples/01_counter/counter.hpp"

#include <unistd.h>

#include <atomic>
#include <csignal>

using namespace hotswap_test;
using hotswap::errc;
using hotswap::unload_verdict;

namespace {

constexpr auto for_ever = std::chrono::hours(1);

/// Code that waits for a byte from the obstacle continues once the obstacle is lifted.
class obstacle {
public:
    obstacle() { REQUIRE(pipe(ends_) == 0); }
    ~obstacle() {
        close(ends_[0]);
        close(ends_[1]);
    }
    obstacle(obstacle const&) = delete;
    obstacle& operator=(obstacle const&) = delete;
    int from() const { return ends_[0]; }
    void lift() { REQUIRE(write(ends_[1], "go", 2) == 2); }

private:
    int ends_[2]{};
};

}  // namespace

TEST_CASE(
    "claims: a release that a swap replaces is retained while code of it that overran a budget still runs") {
    obstacle wall;
    site at;
    auto const it = at.load<patient>("patient", built("patient_picky", "1.4.0"));
    auto const key = "wait for " + std::to_string(wall.from());
    it->visit(key);
    auto const frame = at.snapshot("patient");
    // The same module's code: of the running generation, and of the abandoned one.
    REQUIRE(test::eventually([&] {
        auto const refused = at.runtime.restore("patient", frame, {.pause_budget = 50ms});
        CHECK(refused.error().code == errc::pause_budget_exceeded);
        return !at.status("patient").retained.empty();
    }));

    auto const done = at.swap("patient", built("patient", "2.0.0"));

    CHECK(done.unload.verdict == unload_verdict::retained);
    CHECK(names(done.unload.reason, {"overran the pause budget"}));
    CHECK(names(at.status("patient").retained, {"patient_picky-1.4.0.so", "still running"}));
    CHECK(it->visits(key) == 1);
    wall.lift();
    REQUIRE(test::eventually([&] { return at.status("patient").retained.empty(); }));
    CHECK(at.runtime.unload("patient").value().verdict == unload_verdict::unmapped);
    CHECK(at.mappings() == 0);
}

TEST_CASE(
    "claims: a module that copied tables is open until the copy is gone, also if its generation is given up "
    "and retired before") {
    obstacle wall;
    site at;
    auto const all = at.load<rows>("rows", built("rows", "1.0.0"));
    for (std::uint64_t i = 1; i != 100; ++i) all->put(std::to_string(i), i);
    all->set_factor(static_cast<std::uint64_t>(wall.from()));
    std::atomic<bool> is_retired{false};
    at.runtime
        .subscribe([&](hotswap::event const& what) {
            if (what.phase != hotswap::phase::construct || what.outcome != hotswap::outcome::failed) return;
            // Lifted before the swap has ended: the abandoned work ends and is retired, its copy of the rows
            // still exists.
            wall.lift();
            is_retired = test::eventually([&] { return at.status("rows").retained.empty(); });
        })
        .detach();

    auto const why = at.refusal("rows", built("rows_waiting", "2.0.0"), {.pause_budget = 500ms});

    CHECK(why.code == errc::pause_budget_exceeded);
    CHECK(is_retired);
    CHECK(all->release() == 1);
    CHECK(all->size() == 99);
    CHECK(at.runtime.unload("rows").value().verdict == unload_verdict::unmapped);
    CHECK(at.mappings() == 0);
}

TEST_CASE("revert: discard_writes serves where the older release cannot read what the newer one wrote") {
    site at;
    auto const it = at.load<patient>("patient", built("patient_unread", "1.5.0"));
    it->visit("a");
    at.swap("patient", built("patient_unread", "2.5.0"), {.probation = {.duration = for_ever}});
    it->visit("unreadable");
    auto const why = at.runtime.revert("patient");
    REQUIRE(why.has_error());
    CHECK(why.error().code == errc::bad_snapshot);
    CHECK(names(why.error().message, {"version 1 cannot read", "discard_writes"}));
    auto const report = at.runtime.revert("patient", {.discard_writes = true}).value();
    CHECK(report.to.release == "1.5.0");
    CHECK(report.discarded.happened);
    CHECK(it->visits("a") == 1);
}

TEST_CASE(
    "probation: the counter of the README, whose total its first release cannot hold, serves on until the "
    "end of the probation and after it") {
    std::atomic<bool> may_end{false};
    site at;
    struct let_it_end {
        std::atomic<bool>& flag;
        ~let_it_end() { flag = true; }
    } const afterwards{may_end};
    auto const counter = at.load<demo::counter>("counter", built("readme_counter", "1.0.0"));
    CHECK(counter->add("a", 4'000'000'000) == 4'000'000'000);
    hotswap::swap_options how;
    how.probation = {.duration = 1ms, .interval = 1ms};
    // The first health check waits, and delays the end of the probation.
    how.probation.check = [&]() -> std::string {
        while (!may_end) std::this_thread::yield();
        return {};
    };
    SUBCASE("the host reverts") {
        at.swap("counter", built("readme_counter", "2.0.0"), how);
        CHECK(counter->add("a", 1'000'000'000) == 5'000'000'000);
        auto const refused = at.runtime.revert("counter", {.allow_loss = true});
        REQUIRE(refused.has_error());
        CHECK(refused.error().code == errc::migration_failed);
        CHECK(names(refused.error().message, {"no longer fits release 1.0.0", "discard_writes"}));
        SUBCASE("and the probation ends") {
            may_end = true;
            REQUIRE(test::eventually([&] { return !at.status("counter").on_probation; }));
            CHECK(counter->add("a", 0) == 5'000'000'000);
        }
        SUBCASE("and goes back to the total of before") {
            auto const report = at.runtime.revert("counter", {.discard_writes = true}).value();
            CHECK(report.discarded.happened);
            CHECK(counter->add("a", 0) == 4'000'000'000);
        }
        SUBCASE("and unloads") {}
    }
    SUBCASE("the probation goes back by itself") {
        how.probation.check = [&]() -> std::string { return may_end ? "bad" : ""; };
        how.probation.duration = for_ever;
        at.swap("counter", built("readme_counter", "2.0.0"), how);
        CHECK(counter->add("a", 1'000'000'000) == 5'000'000'000);
        may_end = true;
        REQUIRE(test::eventually([&] { return at.status("counter").rolled_back.has_value(); }));
        CHECK(names(at.status("counter").rolled_back->message, {"still serves", "marked lossy"}));
        CHECK(counter->add("a", 0) == 5'000'000'000);
    }
    may_end = true;
    CHECK(at.runtime.unload("counter").value().verdict == unload_verdict::unmapped);
    CHECK(at.mappings() == 0);
}

#if !defined(__SANITIZE_THREAD__)  // its own thread blocks all signals: one thread never answers
TEST_CASE(
    "claims: what stood by through a refused send-back stays mapped for a thread that is in it, and only for "
    "that long") {
    lodging stay;
    struct tell_to_leave {
        lodging& of;
        ~tell_to_leave() { of.tell_to_leave(); }
    } const afterwards{stay};
    site at({.rehearse = hotswap::rehearse::never, .thread_probe_signal = SIGRTMIN + 5});
    auto const it = at.load<lodger>("lodger", built("lodger", "1.0.0"));
    it->move_in(stay);
    stay.wait_for_arrival();
    at.swap("lodger", built("lodger", "2.0.0"), {.probation = {.duration = for_ever}});
    {
        auto const held = it.share();
        for (int i = 0; i != 3; ++i)
            CHECK(at.runtime.revert("lodger", {.drain_deadline = 1ms}).error().code == errc::drain_timeout);
    }
    at.runtime.unload("lodger").value();
    static_cast<void>(at.runtime.status());
    CHECK(at.mappings() > 0);
    stay.tell_to_leave();
    CHECK(test::eventually([&at] {
        static_cast<void>(at.runtime.status());  // checks the retained modules again
        return at.mappings() == 0;
    }));
}
#endif
