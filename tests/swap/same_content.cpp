// Swaps to the running content.
#include "swap/fixture.hpp"
#include "swap/fixtures/patient.hpp"

#include <algorithm>
#include <atomic>

using namespace hotswap_test;
using hotswap::phase;

namespace {

hotswap::swap_options const forced{.even_if_unchanged = true};

/// Runs 2.0.0 after a swap from 1.0.0.
struct swapped_site : site {
    swapped_site() : sums(load("tally", tally_file("1.0.0"))) {
        sums->add("a", 3);
        swap("tally", tally_file("2.0.0"));
    }
    hotswap::handle<tally> sums;
};

void wait_until_over(site& at, std::string const& name) {
    for (int look = 0; look != 10000 && at.status(name).on_probation; ++look)
        std::this_thread::sleep_for(1ms);
    static_cast<void>(at.runtime.snapshot(name));  // waits until the watch has done its last
}

}  // namespace

TEST_CASE("same content: what runs already is not swapped again, and revert leads to the release before") {
    swapped_site at;
    std::vector<phase> phases;
    auto id = at.runtime.subscribe([&](hotswap::event const& what) { phases.push_back(what.phase); });
    auto const again = at.swap("tally", tally_file("2.0.0"));
    id.end();

    CHECK(again.same_content);
    CHECK(again.from.generation == 2);
    CHECK(again.to.generation == 2);
    CHECK(again.from.digest == again.to.digest);
    CHECK(again.pause.count() == 0);
    CHECK(std::find(phases.begin(), phases.end(), phase::drain) == phases.end());
    CHECK(names(to_string(again), {"2.0.0 runs already", "even_if_unchanged"}));
    CHECK(at.status("tally").swaps == 1);
    CHECK(at.status("tally").previous_release == "1.0.0");
    CHECK(at.runtime.revert("tally").value().to.release == "1.0.0");
    CHECK(at.sums->total("a") == 3);
}

TEST_CASE("same content: a swap that is forced makes a generation, and revert leads to the release before") {
    swapped_site at;
    for (auto const generation : {3U, 4U}) {
        auto const again = at.swap("tally", tally_file("2.0.0"), forced);
        CHECK(again.same_content);
        CHECK(again.to.generation == generation);
        CHECK(again.pause.count() > 0);
        CHECK(names(to_string(again), {"the same content"}));
        CHECK(at.status("tally").previous_release == "1.0.0");
    }
    CHECK(at.runtime.revert("tally").value().to.release == "1.0.0");
    CHECK(at.runtime.revert("tally").value().to.release == "2.0.0");
    CHECK(at.sums->total("a") == 3);
}

TEST_CASE("same content: it is the content that counts, not the name of the file") {
    swapped_site at;
    auto const copy = at.directory.path() / "tally-9.9.9.so";
    fs::copy_file(tally_file("2.0.0"), copy);
    CHECK(at.swap("tally", copy).same_content);
    CHECK(at.swap("tally", copy, forced).same_content);
    CHECK(at.status("tally").previous_release == "1.0.0");
    CHECK_FALSE(at.swap("tally", built("tally_rebuilt", "2.0.0")).same_content);
    CHECK(at.status("tally").previous_release == "2.0.0");
}

TEST_CASE("same content: a plan says that nothing would be done, or what would be if it is forced") {
    swapped_site at;
    auto const plan = at.runtime.plan("tally", {.module = tally_file("2.0.0")}).value();
    CHECK(plan.same_content);
    CHECK(plan.blockers.empty());
    CHECK(plan.predicted_pause.count() == 0);
    CHECK(plan.to.generation == 2);
    CHECK(names(to_string(plan), {"it runs already", "even_if_unchanged"}));
    auto anew = forced;
    anew.module = tally_file("2.0.0");
    auto const other = at.runtime.plan("tally", anew).value();
    CHECK(other.same_content);
    CHECK(other.predicted_pause.count() > 0);
    CHECK(other.to.generation == 3);
    CHECK_FALSE(at.runtime.plan("tally", {.module = tally_file("3.0.0")}).value().same_content);
}

TEST_CASE("same content: a probation is not begun by a swap that does nothing") {
    swapped_site at;
    auto const again = at.swap("tally", tally_file("2.0.0"), {.probation = {.duration = 1h}});
    CHECK(again.same_content);
    CHECK_FALSE(at.status("tally").on_probation);
    CHECK(at.runtime.revert("tally").value().to.release == "1.0.0");
}

TEST_CASE("same content: on a probation of what ran before, revert leads to the release before") {
    swapped_site at;
    at.swap("tally", tally_file("2.0.0"), {.probation = {.duration = 1h}, .even_if_unchanged = true});
    CHECK(at.status("tally").on_probation);
    CHECK(at.status("tally").previous_release == "1.0.0");
    CHECK(at.runtime.revert("tally").value().to.release == "1.0.0");
    CHECK_FALSE(at.status("tally").on_probation);
    CHECK(at.sums->total("a") == 3);
    // The stopped watch does not affect the running generation.
    CHECK(at.runtime.revert("tally").value().to.release == "2.0.0");
}

TEST_CASE(
    "same content: a probation of what ran before that fails leaves the way back to the release before") {
    swapped_site at;
    at.swap("tally", tally_file("2.0.0"),
            {.probation = {.duration = 1h, .interval = 1ms, .check = [] { return std::string("unwell"); }},
             .even_if_unchanged = true});
    wait_until_over(at, "tally");
    CHECK(at.status("tally").running.release == "2.0.0");
    CHECK(at.status("tally").rolled_back.has_value());
    CHECK(at.status("tally").previous_release == "1.0.0");
    CHECK(at.runtime.revert("tally").value().to.release == "1.0.0");
}

TEST_CASE("revert: says of a release that failed its probation whether it was sent back") {
    site at;
    auto const it = at.load<patient>("patient", built("patient", "1.0.0"));
    hotswap::probation const doomed{
        .duration = 1h, .interval = 1ms, .check = [] { return std::string("unwell"); }};
    auto const refusal = [&] {
        auto const done = at.runtime.revert("patient");
        REQUIRE(done.has_error());
        CHECK(to_string(done.error().code) == "rolled_back");
        return done.error().message;
    };
    SUBCASE("it was") {
        at.swap("patient", built("patient", "2.0.0"), {.probation = doomed});
        wait_until_over(at, "patient");
        REQUIRE(at.status("patient").running.release == "1.0.0");
        CHECK(names(refusal(), {"patient-2.0.0.so", "failed its probation and was sent back"}));
    }
    SUBCASE("it could not be, and the repaired release took its place") {
        it->visit("refused");
        std::atomic<bool> is_told{false};
        at.runtime
            .subscribe([&](hotswap::event const& what) {
                if (what.operation == hotswap::operation::probation && names(what.message, {"still serves"}))
                    is_told = true;
            })
            .detach();
        at.swap("patient", built("patient_refusing", "2.4.0"), {.probation = doomed});
        for (int look = 0; look != 10000 && !is_told; ++look) std::this_thread::sleep_for(1ms);
        REQUIRE(is_told);
        static_cast<void>(at.runtime.snapshot("patient"));  // waits until the watch has done its last
        at.swap("patient", built("patient", "2.0.0"));
        auto const words = refusal();
        CHECK(names(words, {"patient_refusing-2.4.0.so", "failed its probation and could not be sent back"}));
        CHECK_FALSE(names(words, {"was sent back"}));
    }
}
