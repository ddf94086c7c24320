#include "slot/waiting.hpp"
#include "swap/fixture.hpp"
#include "swap/fixtures/blocker.hpp"
#include "swap/fixtures/obstacle.hpp"
#include "swap/fixtures/rows.hpp"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

#include <string>

using namespace hotswap_test;

TEST_CASE(
    "pause budget: a migration or a constructor that does not return is left to itself, the old code "
    "serves") {
    for (auto const* release : {"2.0.0", "3.0.0"}) {
        CAPTURE(release);
        obstacle wall;
        site at;
        auto const handle = at.load<blocker>("blocker", built("blocker", "1.0.0"));
        handle->block(wall.from());

        auto const why = at.refusal("blocker", built("blocker", release), {.pause_budget = 20ms});

        CHECK(why.code == hotswap::errc::pause_budget_exceeded);
        CHECK(why.old_serving);
        CHECK(names(why.message, {"blocker-", "20.00 ms", "was abandoned"}));
        CHECK(handle->release() == 1);
        CHECK(names(at.status("blocker").retained, {"blocker-", "still running"}));
        CHECK(at.mappings() > 0);

        wall.lift();
        REQUIRE(test::eventually([&] { return at.status("blocker").retained.empty(); }));
        handle->block(-1);
        CHECK(handle->release() == 1);
        // The abandoned code has ended, and the next swap succeeds as usual.
        CHECK(at.swap("blocker", built("blocker", "1.0.0"), {.pause_budget = 1h}).to.release == "1.0.0");
    }
}

TEST_CASE(
    "pause budget: a runtime that is destroyed while given-up code still runs leaves that code its host") {
#if defined(__SANITIZE_ADDRESS__)
    __lsan::ScopedDisabler const kept_on_purpose;
#endif
    static auto& wall = *new obstacle;  // the test cannot know when the code that waits for it has ended
    {
        site at;
        auto const handle = at.load<blocker>("blocker", built("blocker", "1.0.0"));
        handle->block(wall.from());
        CHECK(at.refusal("blocker", built("blocker", "3.0.0"), {.pause_budget = 1ms}).code ==
              hotswap::errc::pause_budget_exceeded);
    }
    wall.lift();
}

TEST_CASE("pause budget: serializing a state that takes longer is stopped, and the callers go on") {
    site at;
    auto const handle = at.load<rows>("rows", built("rows", "1.0.0"));
    for (int i = 0; i != 20000; ++i) handle->put("k" + std::to_string(i), 1);
    auto const why = at.refusal("rows", built("rows_counting", "2.0.0"), {.pause_budget = 200us});
    CHECK(why.code == hotswap::errc::pause_budget_exceeded);
    CHECK(why.old_serving);
    CHECK(handle->release() == 1);
    CHECK(handle->size() == 20000);
}

TEST_CASE("pause budget: a pause whose tables are copied is tried three times, without copying again") {
    site at;
    auto const handle = at.load<rows>("rows", built("rows", "1.0.0"));
    handle->put("k1", 1);
    int copies = 0;
    at.runtime
        .subscribe([&](hotswap::event const& what) {
            copies += what.phase == hotswap::phase::precopy && what.outcome == hotswap::outcome::done ? 1 : 0;
        })
        .detach();
    int drains = 0;
    at.runtime
        .subscribe([&](hotswap::event const& what) { drains += what.phase == hotswap::phase::drain ? 1 : 0; })
        .detach();
    auto const why = at.refusal("rows", built("rows", "2.0.0"), {.pause_budget = 1ns});
    CHECK(why.code == hotswap::errc::pause_budget_exceeded);
    CHECK(drains == 3);
    CHECK(copies == 1);
    CHECK(handle->release() == 1);
    handle->put("k2", 2);
    CHECK(at.swap("rows", built("rows", "2.0.0")).tables.rows == 2);
}
