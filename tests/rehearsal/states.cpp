// The state of a rehearsal, and the cost of its copy to the callers.
#include "rehearsal/zoo_site.hpp"
#include "transfer/table_rows.hpp"

#if defined(HOTSWAP_FAILPOINTS)
#include "base/failpoint.hpp"
#endif

#include <atomic>

using namespace hotswap_test;
using hotswap::errc;
using hotswap::rehearse;

namespace {

hotswap::runtime_options rehearsing() {
    return {.modules = fs::path(HOTSWAP_TEST_MODULES) / "swap", .rehearse = rehearse::always};
}

}  // namespace

TEST_CASE("rehearsal: rows of a table are among what is rehearsed on, up and down") {
    site at(rehearsing());
    auto const handle = load_rows(at, 3000);
    auto const before = handle->dump();
    auto const up = at.swap("rows", built("rows", "2.0.0"));
    CHECK(up.rehearsal.ran);
    CHECK(up.rehearsal.state_bytes > 3000 * 12);
    CHECK(up.tables.way == hotswap::table_way::before_pause);
    auto const down = at.swap("rows", built("rows", "1.0.0"));
    CHECK(down.rehearsal.ran);
    CHECK(down.rehearsal.state_bytes == up.rehearsal.state_bytes);  // the same, at the older version
    CHECK(handle->dump() == before);
}

TEST_CASE(
    "rehearsal: a row that the migration cannot take is found, before the pause and with the state "
    "untouched") {
    site at(rehearsing());
    auto const handle = load_rows(at, 100);
    auto const before = handle->dump();
    auto const why = at.refusal("rows", built("rows_throwing", "2.0.0"));
    INFO("refused: " << to_string(why));
    CHECK(to_string(why.code) == "migration_failed");
    CHECK(to_string(why.phase) == "rehearse");
    CHECK(handle->dump() == before);
    at.swap("rows", built("rows", "2.0.0"));
    CHECK(handle->dump() == before);
}

TEST_CASE(
    "rehearsal: a release without migrations, a legacy state and arguments are rehearsed as they are "
    "swapped") {
    site at(rehearsing());
    auto const sums = at.load("tally", tally_file("0.1.0"));
    sums->add("a", 1);
    CHECK(at.swap("tally", tally_file("1.0.0")).rehearsal.ran);
    CHECK(at.swap("tally", tally_file("3.0.0"), {.arguments = {{"label", "it"}, {"", ""}}}).rehearsal.ran);
    CHECK(sums->label() == "it");
    CHECK(at.swap("tally", tally_file("1.0.0")).rehearsal.ran);
    CHECK(at.swap("tally", tally_file("0.1.0")).rehearsal.ran);
    CHECK(sums->total("a") == 1);
}

TEST_CASE("rehearsal: callers are served while it runs, and none of their writes is lost") {
    site at(rehearsing());
    auto const sums = at.load("tally", tally_file("1.0.0"));
    std::atomic<bool> done{false};
    std::uint64_t written = 0;
    std::jthread writer([&] {
        for (; !done; ++written) sums->add("a", 1);
    });
    std::uint64_t served = 0;
    at.runtime
        .subscribe([&, last = std::uint64_t{0}](hotswap::event const& what) mutable {
            auto const now = sums->total("a");
            if (what.phase == hotswap::phase::rehearse && what.outcome == hotswap::outcome::done &&
                now > last)
                ++served;
            last = now;
        })
        .detach();
    for (int i = 0; i != 10; ++i) at.swap("tally", tally_file(i % 2 == 0 ? "2.0.0" : "1.0.0"));
    done = true;
    writer.join();
    CHECK(sums->total("a") == written);
    CHECK(served > 0);
}

TEST_CASE("rehearsal: a lease that is not given back refuses the copy of the state at the drain deadline") {
    zoo_site at;
    {
        lease_elsewhere const held(at.animals);
        auto const why = at.refusal("zoo", obedient, {.drain_deadline = 20ms});
        CHECK(to_string(why.code) == "drain_timeout");
        CHECK(to_string(why.phase) == "rehearse");
        auto const over_budget = at.refusal("zoo", obedient, {.pause_budget = 20ms});
        CHECK(to_string(over_budget.code) == "pause_budget_exceeded");
        CHECK(to_string(over_budget.phase) == "rehearse");
    }
    CHECK(at.animals->add(0) == 41);
}

#if defined(HOTSWAP_FAILPOINTS)
TEST_CASE(
    "rehearsal: a host that is out of descriptors, memory or processes refuses it, or goes on with a "
    "warning") {
    namespace failpoints = hotswap::detail::failpoints;
    for (std::string const point :
         {"rehearse.memory=fail:28", "rehearse.pipe=fail:24", "rehearse.spawn=fail:11"}) {
        INFO("armed: " << point);
        zoo_site asked_for;
        zoo_site by_default({}, std::nullopt);
        failpoints::arm(point);
        asked_for.refuses(obedient, {}, errc::no_rehearsal, {"the rehearsal's helper", "rehearse::never"});
        CHECK_FALSE(by_default.swap("zoo", obedient).rehearsal.ran);
        CHECK(by_default.warnings.size() == 1);
        failpoints::clear();
        CHECK(by_default.swap("zoo", zoo_file("zoo", "1.0.0")).rehearsal.ran);
    }
}
#endif
