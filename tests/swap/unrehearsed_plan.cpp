// The code that a plan runs, and the basis of its prediction.
#include "swap/fixture.hpp"
#include "swap/fixtures/furnished.hpp"
#include "swap/fixtures/rows.hpp"

#include <cstdlib>

using namespace hotswap_test;
using hotswap::rehearse;
using hotswap::table_way;

TEST_CASE("plan: no code of a module that has not been rehearsed runs in the host") {
    site at;
    auto const mark = at.directory.path() / "mark";
    setenv("HOTSWAP_TEST_MARK", mark.c_str(), 1);
    auto const table = at.load<rows>("rows", built("rows", "1.0.0"));
    auto const marking = built("rows_marking", "2.0.0");

    auto const plan = at.runtime.plan("rows", {.module = marking, .rehearse = rehearse::never}).value();
    CHECK_FALSE(fs::exists(mark));
    CHECK(plan.blockers.empty());
    CHECK(plan.tables.way == table_way::unknown);
    CHECK(names(plan.tables.reason, {"rows_marking-2.0.0.so", "has not been rehearsed", "when_new"}));
    CHECK(names(to_string(plan), {"not known"}));

    auto const rehearsed =
        at.runtime.plan("rows", {.module = marking, .rehearse = rehearse::when_new}).value();
    CHECK(rehearsed.rehearsal.ran);
    CHECK(rehearsed.tables.way == table_way::before_pause);
    CHECK(fs::exists(mark));  // after a passed rehearsal the plan may run the module
    unsetenv("HOTSWAP_TEST_MARK");
}

TEST_CASE("plan: what a rehearsal refuses is a blocker, and its code does not run in the host") {
    site at;
    auto const table = at.load<rows>("rows", built("rows", "1.0.0"));
    table->put("a", 13);  // its migration rejects this row
    auto const plan =
        at.runtime.plan("rows", {.module = built("rows_throwing", "2.0.0"), .rehearse = rehearse::when_new})
            .value();
    REQUIRE(plan.blockers.size() == 1);
    CHECK(to_string(plan.blockers[0].phase) == "rehearse");
    CHECK(to_string(plan.blockers[0].code) == "migration_failed");
    CHECK(plan.predicted_pause == 0ns);
}

TEST_CASE("plan: the pause is predicted from what the rehearsal took, also where that was an earlier one") {
    site at;
    at.runtime
        .load<furnished>("furnished",
                         {.module = built("furnished", "1.0.0"), .settings = {{"takes_ms", "30"}}})
        .value();
    auto const plan = [&](rehearse when, hotswap::transfer how = hotswap::transfer::direct) {
        return at.runtime
            .plan("furnished", {.module = built("furnished", "2.0.0"), .transfer = how, .rehearse = when})
            .value();
    };
    CHECK(plan(rehearse::never).predicted_pause < 30ms);  // by the usual figures, because nothing is known
    auto const first = plan(rehearse::when_new);
    CHECK(first.rehearsal.ran);
    CHECK(first.predicted_pause >= 30ms);
    auto const second = plan(rehearse::when_new);
    CHECK_FALSE(second.rehearsal.ran);
    CHECK(second.predicted_pause >= 30ms);
    // Only a serialized state is exported, and only then the export counts.
    auto const third = plan(rehearse::always, hotswap::transfer::snapshot);
    CHECK(third.rehearsal.ran);
    CHECK(third.predicted_pause >= third.rehearsal.predicted_pause);
}
