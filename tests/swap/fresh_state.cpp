// Swaps that drop the running state, for development.
#include "swap/fixture.hpp"

using namespace hotswap_test;
using hotswap::errc;

namespace {
hotswap::swap_options const fresh{.fresh_state = true};
}

TEST_CASE(
    "fresh state: an edited state struct gets in on a default state, handles live on, and it is said "
    "loudly") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    sums->add("a", 3);
    auto const edited = built("tally_edited", "1.5.0");
    CHECK(at.refusal("tally", edited).code == errc::layout_changed);
    auto planned = fresh;
    planned.module = edited;
    auto const plan = at.runtime.plan("tally", planned).value();
    CHECK(plan.blockers.empty());
    CHECK(plan.state_dropped);
    CHECK(names(to_string(plan), {"STATE WOULD BE DROPPED"}));

    std::string told;
    at.runtime
        .subscribe([&](hotswap::event const& what) {
            if (what.level == hotswap::level::warning) told += what.message;
        })
        .detach();
    auto const report = at.swap("tally", edited, fresh);
    CHECK(report.state_dropped);
    CHECK(names(to_string(report), {"STATE DROPPED", "fresh_state"}));
    CHECK(names(told, {"DROPPED", "tally_edited-1.5.0.so"}));
    CHECK(report.to.release == "1.5.0");
    CHECK(sums->total("a") == 0);
    CHECK(sums->add("a", 1) == 1);
    // A revert does not restore the old state: its layout still differs.
    CHECK(at.runtime.revert("tally").error().code == errc::layout_changed);
    CHECK(at.status("tally").running.release == "1.5.0");
}

TEST_CASE("fresh state: it is a swap of its own also to the content that runs") {
    site at;
    auto const sums = at.load("tally", tally_file("2.0.0"));
    sums->add("a", 3);
    auto const report = at.swap("tally", tally_file("2.0.0"), fresh);
    CHECK(report.same_content);
    CHECK(report.to.generation == 2);
    CHECK(sums->total("a") == 0);
}

TEST_CASE("fresh state: with a handoff it is refused") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    CHECK(at.refusal("tally", tally_file("1.9.0"),
                     {.transfer = hotswap::transfer::handoff, .fresh_state = true})
              .code == errc::invalid_argument);
}

TEST_CASE("fresh state: where a lease is not given back, the old state is served on") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    sums->add("a", 3);
    {
        lease_elsewhere const held(sums);
        CHECK(
            at.refusal("tally", built("tally_edited", "1.5.0"), {.drain_deadline = 1ms, .fresh_state = true})
                .code == errc::drain_timeout);
    }
    CHECK(sums->total("a") == 3);
}

TEST_CASE("fresh state: a rehearsal constructs on a default state too") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    auto options = fresh;
    options.rehearse = hotswap::rehearse::always;
    auto const report = at.swap("tally", built("tally_edited", "1.5.0"), options);
    CHECK(report.rehearsal.ran);
    CHECK(report.rehearsal.state_bytes == 0);
}

TEST_CASE("fresh state: with a store it takes allow_loss as well, and then the store begins anew too") {
    temporary_directory kept;
    hotswap::runtime_options const options{.modules = fs::path(HOTSWAP_TEST_MODULES) / "swap",
                                           .rehearse = hotswap::rehearse::never,
                                           .store = kept.path() / "store"};
    {
        site at(options);
        auto const sums = at.load("tally", tally_file("1.0.0"));
        sums->add("a", 3);
        auto const why = at.refusal("tally", built("tally_edited", "1.5.0"), fresh);
        CHECK(why.code == errc::invalid_argument);
        CHECK(names(why.message, {"store", "allow_loss"}));
        CHECK(sums->total("a") == 3);
        auto allowed = fresh;
        allowed.allow_loss = true;
        auto on_trial = allowed;
        on_trial.probation.duration = 1h;
        CHECK(at.refusal("tally", built("tally_edited", "1.5.0"), on_trial).code == errc::invalid_argument);
        auto const report = at.swap("tally", built("tally_edited", "1.5.0"), allowed);
        CHECK_FALSE(report.not_durable.has_value());
        sums->add("b", 2);
    }
    site at(options);
    REQUIRE(at.runtime.recover().has_value());
    auto const sums = at.runtime.find<tally>("tally").value();
    CHECK(sums->total("a") == 0);
    CHECK(sums->total("b") == 2);
}
