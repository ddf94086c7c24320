// A generation on probation that cannot be sent back: the standby generation stays whole, and the probation
// still ends.
#include "slot/waiting.hpp"
#include "swap/fixture.hpp"
#include "swap/fixtures/patient.hpp"

#if defined(HOTSWAP_FAILPOINTS)
#include "base/failpoint.hpp"
#endif

#include <unistd.h>

#include <atomic>
#include <memory>

using namespace hotswap_test;
using hotswap::errc;
using hotswap::unload_verdict;

namespace {

fs::path const picky = built("patient_picky", "1.4.0");
fs::path const refusing = built("patient_refusing", "2.4.0");
constexpr auto for_ever = std::chrono::hours(1);

bool is_mapped(std::string_view file) {
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);)
        if (line.find(file) != line.npos) return true;
    return false;
}

/// patient_refusing 2.4.0 on probation, patient_picky 1.4.0 stands by.
struct ward : site {
    explicit ward(hotswap::probation terms = {.duration = for_ever}) {
        it->visit("a");
        swap("patient", refusing, {.probation = std::move(terms)});
        it->visit("a");
    }
    errc refused_revert(hotswap::revert_options const& options = {}) {
        auto const done = runtime.revert("patient", options);
        REQUIRE(done.has_error());
        CHECK(done.error().old_serving);
        CHECK(is_mapped("patient_picky-1.4.0.so"));
        CHECK(it->code() == "patient_refusing 2.4.0");
        CHECK(it->visits("a") == 2);
        return done.error().code;
    }

    hotswap::handle<patient> it = load<patient>("patient", picky);
};

/// Operations that may follow a refused revert; after each, nothing of either generation remains.
void end_well(ward& at) {
    SUBCASE("then unload") {
        CHECK(at.runtime.unload("patient").value().verdict == unload_verdict::unmapped);
        CHECK(at.mappings() == 0);
    }
    SUBCASE("then revert without the writes, and unload") {
        auto const report = at.runtime.revert("patient", {.discard_writes = true}).value();
        CHECK(report.to.release == "1.4.0");
        CHECK(report.unload.verdict == unload_verdict::unmapped);
        CHECK(at.it->visit("a") >= 2);
        CHECK(at.runtime.unload("patient").value().verdict == unload_verdict::unmapped);
        CHECK(at.mappings() == 0);
    }
    SUBCASE("then the end of the runtime") {}
}

}  // namespace

TEST_CASE("revert: one on probation that is refused leaves what stands by whole, whatever comes next") {
    ward at;
    SUBCASE("a lease is out") {
        auto held = std::make_unique<hotswap::shared_lease<patient>>(at.it.share());
        CHECK(at.refused_revert({.drain_deadline = 1ms}) == errc::drain_timeout);
        CHECK(at.refused_revert({.drain_deadline = 1ms}) == errc::drain_timeout);
        CHECK(at.refused_revert({.pause_budget = 1ms}) == errc::pause_budget_exceeded);
        held.reset();
        SUBCASE("then it works") {
            CHECK(at.runtime.revert("patient").value().to.release == "1.4.0");
            CHECK(at.it->visits("a") == 2);
            CHECK(at.runtime.unload("patient").value().verdict == unload_verdict::unmapped);
            CHECK(at.mappings() == 0);
        }
        end_well(at);
    }
    SUBCASE("the downgrade refuses the data") {
        at.it->visit("refused");
        CHECK(at.refused_revert() == errc::migration_failed);
        end_well(at);
    }
    SUBCASE("the older release finds the state invalid") {
        at.it->visit("invalid");
        CHECK(at.refused_revert() == errc::validation_failed);
        end_well(at);
    }
    SUBCASE("the older release cannot be constructed on it") {
        at.it->visit("unbearable");
        CHECK(at.refused_revert() == errc::construct_failed);
        end_well(at);
    }
}

TEST_CASE(
    "revert: code of what stands by that overran the budget is left to itself, and closes nothing when it "
    "ends") {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    {
        ward at;
        at.it->visit("wait for " + std::to_string(ends[0]));
        CHECK(at.refused_revert({.pause_budget = 1ms}) == errc::pause_budget_exceeded);
        REQUIRE(write(ends[1], "go", 2) == 2);
        REQUIRE(test::eventually([&at] { return at.status("patient").retained.empty(); }));
        CHECK(is_mapped("patient_picky-1.4.0.so"));
        CHECK(at.runtime.revert("patient").value().to.release == "1.4.0");
        CHECK(at.it->visits("a") == 2);
        CHECK(at.runtime.unload("patient").value().verdict == unload_verdict::unmapped);
    }
    close(ends[0]);
    close(ends[1]);
}

TEST_CASE(
    "revert: discard_writes serves wherever the state cannot be carried back, and is named by the refusal") {
    ward at;
    char const* unwanted = "refused";
    SUBCASE("by the downgrade") {}
    SUBCASE("by validation") { unwanted = "invalid"; }
    SUBCASE("by the constructor") { unwanted = "unbearable"; }
    at.it->visit(unwanted);
    auto const why = at.runtime.revert("patient");
    REQUIRE(why.has_error());
    CHECK(names(why.error().message, {"discard_writes"}));
    auto const report = at.runtime.revert("patient", {.discard_writes = true}).value();
    CHECK(report.discarded.happened);
    CHECK(at.it->code() == "patient_picky 1.4.0");
    CHECK(at.it->visits("a") == 1);
    CHECK_FALSE(at.status("patient").on_probation);
}

TEST_CASE(
    "probation: with discard_writes a downgrade that refuses the data does not keep a bad release running") {
    ward at({.duration = for_ever, .interval = 1ms, .discard_writes = true});
    at.it->visit("refused");
    at.it->fall_ill(false);
    REQUIRE(test::eventually([&at] { return !at.status("patient").on_probation; }));
    CHECK(at.it->code() == "patient_picky 1.4.0");
    CHECK(at.it->visits("a") == 1);
}

TEST_CASE(
    "probation: one that cannot go back is over after its duration, the status says why, and a swap is "
    "possible") {
    ward at({.duration = 50ms, .interval = 1ms});
    at.it->visit("refused");
    at.it->fall_ill(false);
    REQUIRE(test::eventually([&at] { return !at.status("patient").on_probation; }));
    auto const status = at.status("patient");
    CHECK(status.running.release == "2.4.0");
    REQUIRE(status.rolled_back.has_value());
    CHECK(names(status.rolled_back->message, {"still serves", "version 1 cannot take"}));
    CHECK_FALSE(is_mapped("patient_picky-1.4.0.so"));
    CHECK(at.swap("patient", built("patient", "2.0.0")).unload.verdict == unload_verdict::unmapped);
    CHECK(at.it->visits("a") == 2);
    CHECK_FALSE(at.status("patient").rolled_back.has_value());
}

TEST_CASE(
    "probation: once it has failed and could not go back, a swap to another release is let through at once") {
    ward at({.duration = for_ever, .interval = 1ms});
    at.it->visit("refused");
    at.it->fall_ill(false);
    REQUIRE(test::eventually([&at] { return at.status("patient").rolled_back.has_value(); }));
    CHECK(at.status("patient").on_probation);
    CHECK(at.refusal("patient", built("tally", "1.0.0")).code != errc::busy);
    CHECK(is_mapped("patient_picky-1.4.0.so"));
    hotswap::swap_options options;
    SUBCASE("without a probation") {}
    SUBCASE("with one of its own, which is not that of the release before") {
        options.probation.duration = for_ever;
    }
    bool const again = options.probation.duration == for_ever;
    at.swap("patient", built("patient", "2.0.0"), options);
    CHECK(at.status("patient").on_probation == again);
    CHECK(is_mapped("patient_refusing-2.4.0.so") == again);
    CHECK_FALSE(is_mapped("patient_picky-1.4.0.so"));
    CHECK(at.it->visits("a") == 2);
    if (again) CHECK(at.runtime.revert("patient").value().to.release == "2.4.0");
    CHECK(at.runtime.unload("patient").value().verdict == unload_verdict::unmapped);
    CHECK(at.mappings() == 0);
}

TEST_CASE(
    "probation: one that a lease keeps from going back tries again, and goes back once the lease is given "
    "back") {
    std::atomic<int> failed_drains{0};
    std::atomic<bool> bad{false};
    site at;
    auto const it = at.load<patient>("patient", picky);
    it->visit("a");
    at.runtime
        .subscribe([&](hotswap::event const& what) {
            if (what.operation == hotswap::operation::probation && what.phase == hotswap::phase::drain &&
                what.outcome == hotswap::outcome::failed)
                ++failed_drains;
        })
        .detach();
    at.swap("patient", built("patient", "2.0.0"),
            {.drain_deadline = 1s, .probation = {.duration = for_ever, .interval = 1ms, .check = [&] {
                                                     return bad ? "bad" : "";
                                                 }}});
    {
        auto const held = it.share();
        bad = true;
        REQUIRE(test::eventually([&] { return failed_drains != 0; }));
    }
    REQUIRE(test::eventually([&at] {
        auto const why = at.status("patient").rolled_back;
        return why && names(why->message, {"was sent back"});
    }));
    CHECK(at.status("patient").running.release == "1.4.0");
    CHECK(it->visits("a") == 1);
    CHECK(at.runtime.unload("patient").value().verdict == unload_verdict::unmapped);
}

#if defined(HOTSWAP_FAILPOINTS)
TEST_CASE("faults: one at any step of a revert on probation is refused, and leaves what stands by whole") {
    namespace failpoints = hotswap::detail::failpoints;
    struct disarmed {
        disarmed() { failpoints::clear(); }
        ~disarmed() { failpoints::clear(); }
    };
    disarmed const afterwards;
    std::vector<std::string> points;
    {
        ward at;
        failpoints::clear();
        REQUIRE(at.runtime.revert("patient").has_value());
        points = failpoints::visited();
        auto const is_commit = [](std::string const& point) { return point.find(".commit.") != point.npos; };
        points.erase(std::find_if(points.begin(), points.end(), is_commit), points.end());
    }
    REQUIRE_FALSE(points.empty());
    ward at;
    for (auto const& point : points) {
        for (auto const* const fault : {"fail:5", "no_memory"}) {
            CAPTURE(point);
            CAPTURE(fault);
            failpoints::clear();
            failpoints::arm(point + "=" + fault);
            at.refused_revert();
            failpoints::clear();
        }
    }
    CHECK(at.runtime.revert("patient").value().to.release == "1.4.0");
    CHECK(at.it->visits("a") == 2);
    CHECK(at.runtime.unload("patient").value().verdict == unload_verdict::unmapped);
    CHECK(at.mappings() == 0);
}
#endif
