// An operation that its host asks to stop ends before its commit, wherever it waits.
#include "slot/waiting.hpp"
#include "swap/fixture.hpp"
#include "swap/fixtures/blocker.hpp"
#include "swap/fixtures/obstacle.hpp"
#include "swap/fixtures/patient.hpp"

#include <algorithm>
#include <stop_token>

using namespace hotswap_test;
using hotswap::errc;

namespace {

/// A swap on another thread, which a test asks to stop.
class stoppable_swap {
public:
    stoppable_swap(site& at, std::string name, hotswap::swap_options options) {
        options.stop = source_.get_token();
        done_ =
            std::async(std::launch::async, [&at, name, options] { return at.runtime.swap(name, options); });
    }
    void request_stop() { source_.request_stop(); }
    hotswap::result<hotswap::swap_report> end() { return done_.get(); }
    bool has_ended() const { return done_.wait_for(0s) == std::future_status::ready; }

private:
    std::stop_source source_;
    std::future<hotswap::result<hotswap::swap_report>> done_;
};

void check_stopped(hotswap::result<hotswap::swap_report> const& done) {
    REQUIRE(done.has_error());
    CHECK(done.error().code == errc::aborted);
    CHECK(done.error().old_serving);
    CHECK(names(done.error().message, {"asked to stop", "nothing was changed"}));
}

}  // namespace

TEST_CASE("stop: a swap that was asked to stop before it begins changes nothing") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    untouched before(at, "tally");
    std::stop_source stopped;
    stopped.request_stop();
    auto const token = stopped.get_token();
    check_stopped(at.runtime.swap("tally", {.module = tally_file("2.0.0"), .stop = token}));
    before.check();
    CHECK(at.runtime.plan("tally", {.module = tally_file("2.0.0"), .stop = token}).error().code ==
          errc::aborted);
    at.swap("tally", tally_file("2.0.0"));
    CHECK(at.runtime.revert("tally", {.stop = token}).error().code == errc::aborted);
    CHECK(at.runtime.restore("tally", at.snapshot("tally"), {.stop = token}).error().code == errc::aborted);
    CHECK(at.status("tally").running.release == "2.0.0");
}

TEST_CASE("stop: a swap that waits for a lease ends, and the lease goes on") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    untouched before(at, "tally");
    lease_elsewhere held(sums);
    stoppable_swap swap(at, "tally", {.module = tally_file("2.0.0"), .drain_deadline = 1h});
    REQUIRE(test::eventually([&] { return at.status("tally").swapping; }));
    swap.request_stop();
    check_stopped(swap.end());
    held.give_back();
    before.check();
}

TEST_CASE("stop: code that does not return is left to itself if the swap has a budget") {
    for (auto const* release : {"2.0.0", "3.0.0"}) {
        CAPTURE(release);
        obstacle wall;
        site at;
        auto const handle = at.load<blocker>("blocker", built("blocker", "1.0.0"));
        handle->block(wall.from());
        stoppable_swap swap(at, "blocker", {.module = built("blocker", release), .pause_budget = 1h});
        wall.await_reader();
        swap.request_stop();
        check_stopped(swap.end());
        CHECK(handle->release() == 1);
        CHECK(names(at.status("blocker").retained, {"blocker-", "still running"}));
        wall.lift();
        REQUIRE(test::eventually([&] { return at.status("blocker").retained.empty(); }));
        CHECK(handle->release() == 1);
    }
}

TEST_CASE(
    "stop: callers that wait for a constructor without a budget go on at once, and the swap ends after it") {
    obstacle wall;
    site at;
    auto const handle = at.load<blocker>("blocker", built("blocker", "1.0.0"));
    handle->block(wall.from());
    stoppable_swap swap(at, "blocker", {.module = built("blocker", "3.0.0"), .drain_deadline = 1h});
    wall.await_reader();
    auto held = std::async(std::launch::async, [&] { return handle->release(); });
    swap.request_stop();
    CHECK(held.get() == 1);
    CHECK_FALSE(swap.has_ended());
    wall.lift();
    check_stopped(swap.end());
    CHECK(handle->release() == 1);
}

TEST_CASE("stop: one component of a set that waits ends the swap of all") {
    site at;
    auto const one = at.load("one", tally_file("1.0.0"));
    auto const other = at.load("other", tally_file("1.0.0"));
    hotswap::component_set const set{{"one", {.module = tally_file("2.0.0")}},
                                     {"other", {.module = tally_file("3.0.0")}}};
    lease_elsewhere held(other);
    std::stop_source source;
    auto done = std::async(std::launch::async, [&] {
        return at.runtime.swap(set, {.drain_deadline = 1h, .stop = source.get_token()});
    });
    REQUIRE(test::eventually([&] { return at.status("other").swapping; }));
    source.request_stop();
    CHECK(done.get().error().code == errc::aborted);
    held.give_back();
    CHECK(at.status("one").running.release == "1.0.0");
    CHECK(at.status("other").running.release == "1.0.0");
}

TEST_CASE(
    "stop: a stop that comes after the commit changes nothing, and does not hold up the send-back of a "
    "probation") {
    site at;
    auto const ill = at.load<patient>("patient", built("patient", "1.0.0"));
    ill->visit("a");
    std::stop_source source;
    at.swap("patient", built("patient", "2.0.0"),
            {.probation = {.duration = 1h, .interval = 1ms}, .stop = source.get_token()});
    source.request_stop();
    CHECK(at.status("patient").running.release == "2.0.0");
    ill->fall_ill(false);
    REQUIRE(test::eventually([&] { return at.status("patient").running.release == "1.0.0"; }));
    CHECK(test::eventually([&] {
        auto const counted = at.runtime.metrics().front().operations;
        return std::ranges::any_of(
            counted, [](auto const& each) { return each.operation == hotswap::operation::probation; });
    }));
}

TEST_CASE("stop: a member of a set has no stop of its own") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    std::stop_source const source;
    hotswap::component_set const set{{"tally", {.module = tally_file("2.0.0"), .stop = source.get_token()}}};
    auto const refused = at.runtime.swap(set);
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::invalid_argument);
    CHECK(names(refused.error().message, {"\"tally\"", "stop", "set_options"}));
}
