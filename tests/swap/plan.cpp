#include "swap/fixture.hpp"
#include "swap/fixtures/rows.hpp"

#include <algorithm>

using namespace hotswap_test;
using hotswap::direction;
using hotswap::errc;
using path = std::vector<std::uint32_t>;

namespace {

bool blocked_by(hotswap::swap_plan const& plan, errc code) {
    return std::any_of(plan.blockers.begin(), plan.blockers.end(),
                       [code](hotswap::failure const& why) { return why.code == code; });
}

}  // namespace

TEST_CASE("plan: tells the way of an upgrade and changes nothing") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    sums->add("a", 1);
    untouched before(at, "tally");
    auto const staged = modules_below(at.directory.path());

    auto const plan = at.runtime.plan("tally", {.module = tally_file("3.0.0")}).value();

    CHECK(plan.component == "tally");
    CHECK(plan.from.release == "1.0.0");
    CHECK(plan.from.generation == 1);
    CHECK(plan.to.release == "3.0.0");
    CHECK(plan.to.generation == 2);
    CHECK(plan.to.schema_version == 3);
    CHECK(plan.module == tally_file("3.0.0"));
    CHECK(plan.direction == direction::upgrade);
    CHECK(plan.path == path{1, 2, 3});
    CHECK(plan.losses.empty());
    CHECK(plan.reversible);
    CHECK(plan.reversible_without_loss);
    CHECK_FALSE(plan.handoff_possible);
    CHECK(plan.blockers.empty());
    before.check();
    CHECK(modules_below(at.directory.path()) == staged);
}

TEST_CASE("plan: what it tells is what the swap then does") {
    site at;
    auto const sums = at.load("tally", tally_file("2.0.0"));
    auto const plan = at.runtime.plan("tally").value();
    auto const report = at.runtime.swap("tally").value();
    CHECK(plan.path == report.path);
    CHECK(plan.to.release == report.to.release);
    CHECK(plan.to.generation == report.to.generation);
    CHECK(plan.to.digest == report.to.digest);
    CHECK(plan.to.build_id == report.to.build_id);
}

TEST_CASE("plan: a lossy downgrade is named and blocks unless loss is allowed") {
    site at;
    auto const sums = at.load("tally", built("tally_lossy", "2.1.0"));
    sums->add("a", 1);

    auto const refused = at.runtime.plan("tally", {.module = tally_file("1.0.0")}).value();
    CHECK(refused.direction == direction::downgrade);
    CHECK(refused.losses == std::vector<std::string>{"2 → 1"});
    CHECK(refused.blockers.size() == 1);
    CHECK(blocked_by(refused, errc::lossy_refused));

    auto const allowed =
        at.runtime.plan("tally", {.module = tally_file("1.0.0"), .allow_loss = true}).value();
    CHECK(allowed.losses == std::vector<std::string>{"2 → 1"});
    CHECK(allowed.blockers.empty());

    CHECK(at.refusal("tally", tally_file("1.0.0")).code == errc::lossy_refused);
    at.swap("tally", tally_file("1.0.0"), {.allow_loss = true});
    CHECK(sums->total("a") == 1);
}

TEST_CASE("plan: tells whether a revert could walk back") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));

    auto const oneway = at.runtime.plan("tally", {.module = built("tally_oneway", "2.2.0")}).value();
    CHECK_FALSE(oneway.reversible);
    CHECK(oneway.blockers.empty());

    auto const lossy = at.runtime.plan("tally", {.module = built("tally_lossy", "2.1.0")}).value();
    CHECK(lossy.reversible);
    CHECK_FALSE(lossy.reversible_without_loss);
    CHECK(lossy.losses.empty());
}

TEST_CASE("plan: every reason to refuse is listed as a blocker") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    untouched before(at, "tally");
    auto const plan = [&](std::string_view family, std::string_view release,
                          hotswap::swap_options options = {}) {
        options.module = built(family, release);
        return at.runtime.plan("tally", options).value();
    };

    CHECK(blocked_by(plan("tally_gap", "2.3.0"), errc::no_migration_path));
    CHECK(blocked_by(plan("tally_edited", "1.5.0"), errc::layout_changed));
    CHECK(blocked_by(plan("tally_other_schema", "1.0.0"), errc::schema_mismatch));
    auto const handoff = plan("tally", "2.0.0", {.transfer = hotswap::transfer::handoff});
    CHECK(blocked_by(handoff, errc::handoff_refused));
    CHECK(handoff.blockers.front().old_serving);
    CHECK(plan("tally", "1.9.0").handoff_possible);
    CHECK(plan("tally", "1.9.0").direction == direction::same);
    before.check();
}

TEST_CASE("plan: a file that cannot be judged at all is an error") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    auto const missing = at.runtime.plan("tally", {.module = built("tally", "7.0.0")});
    REQUIRE(missing.has_error());
    CHECK(missing.error().code == errc::no_such_file);
    CHECK(missing.error().old_serving);
    auto const absent = at.runtime.plan("absent");
    REQUIRE(absent.has_error());
    CHECK(absent.error().code == errc::unknown_component);
}

TEST_CASE("plan: a lease that is out for longer than the swap would wait is a blocker, as it would be then") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    auto const table = at.load<rows>("rows", built("rows", "1.0.0"));
    auto const expect = [&](hotswap::swap_options const& limits, errc code) {
        for (std::string const name : {"tally", "rows"}) {
            CAPTURE(name);
            auto options = limits;
            options.module = built(name, "2.0.0");
            auto const plan = at.runtime.plan(name, options).value();
            CHECK(blocked_by(plan, code));
            CHECK(plan.path == path{1, 2});
            CHECK(at.refusal(name, built(name, "2.0.0"), limits).code == code);
        }
    };
    {
        lease_elsewhere const held(sums);
        lease_elsewhere const also_held(table);
        expect({.drain_deadline = 1ms}, errc::drain_timeout);
        expect({.pause_budget = 1ms}, errc::pause_budget_exceeded);
    }
    CHECK(at.runtime.plan("tally", {.module = tally_file("2.0.0")}).value().blockers.empty());
    CHECK(at.runtime.plan("rows", {.module = built("rows", "2.0.0")}).value().blockers.empty());
}

TEST_CASE("plan: prints its path, its losses and its blockers") {
    site at;
    auto const sums = at.load("tally", built("tally_lossy", "2.1.0"));
    auto const plan = at.runtime.plan("tally", {.module = tally_file("1.0.0")}).value();
    CHECK(names(fmt::format("{}", plan), {"tally: 2.1.0 → 1.0.0", "2 → 1", "downgrade", "loses something",
                                          "lossy_refused", "allow_loss"}));
}
