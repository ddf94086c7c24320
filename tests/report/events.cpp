#include "swap/fixture.hpp"

#include "swap/fixtures/visitor.hpp"

#include <algorithm>
#include <atomic>

using namespace hotswap_test;
using hotswap::errc;
using hotswap::event;
using hotswap::operation;
using hotswap::outcome;
using hotswap::phase;

namespace {

/// Collects all events of a runtime. The runtime calls it one event at a time.
struct listener {
    explicit listener(hotswap::runtime& to)
        : listening(to.subscribe([this](event const& what) { heard.push_back(what); })) {}
    listener(listener const&) = delete;

    std::vector<event> of(operation which) const {
        std::vector<event> found;
        std::copy_if(heard.begin(), heard.end(), std::back_inserter(found),
                     [which](event const& what) { return what.operation == which; });
        return found;
    }

    std::vector<event> heard{};
    hotswap::subscription listening;
};

std::vector<phase> phases_of(std::vector<event> const& events) {
    std::vector<phase> phases;
    for (auto const& each : events) phases.push_back(each.phase);
    return phases;
}

}  // namespace

TEST_CASE("events: every step of a swap is an event, in order, and so is the end of the whole") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    listener const told(at.runtime);
    auto const before = std::chrono::system_clock::now();
    auto const report = at.swap("tally", tally_file("2.0.0"), {.transfer = hotswap::transfer::snapshot});

    auto const events = told.of(operation::swap);
    CHECK(events.size() == told.heard.size());
    CHECK(phases_of(events) == std::vector{phase::stage, phase::verify, phase::plan, phase::load,
                                           phase::drain, phase::export_, phase::migrate, phase::construct,
                                           phase::commit, phase::retire, phase::none});
    for (auto const& each : events) {
        CHECK(each.component == "tally");
        CHECK(each.outcome == outcome::done);
        CHECK(each.time >= before);
        CHECK(each.time <= std::chrono::system_clock::now());
    }
    CHECK(events[0].duration == report.of(phase::stage).duration);
    CHECK(names(events.back().message, {"1.0.0 → 2.0.0", "unmapped"}));
}

TEST_CASE("events: a refused step is a warning, with the reason, and nothing after it") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    listener const told(at.runtime);
    auto const why = at.refusal("tally", built("tally_gap", "2.3.0"));
    auto const events = told.of(operation::swap);
    CHECK(phases_of(events) == std::vector{phase::stage, phase::verify, phase::plan});
    CHECK(events.back().outcome == outcome::failed);
    CHECK(events.back().level == hotswap::level::warning);
    CHECK(events.back().message == why.message);
}

TEST_CASE("events: load, snapshot, restore, revert and unload are told by their names") {
    site at;
    listener const told(at.runtime);
    auto const sums = at.load("tally", tally_file("1.0.0"));
    auto const frame = at.snapshot("tally");
    at.swap("tally", tally_file("2.0.0"));
    at.runtime.revert("tally").value();
    at.runtime.restore("tally", frame).value();
    REQUIRE(at.runtime.unload("tally").has_value());
    for (auto const each : {operation::load, operation::snapshot, operation::swap, operation::revert,
                            operation::restore, operation::unload}) {
        CAPTURE(to_string(each));
        CHECK_FALSE(told.of(each).empty());
    }
}

TEST_CASE("events: a refusal before the first step is an event too") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    listener const told(at.runtime);
    CHECK(at.runtime.revert("tally").has_error());
    CHECK(at.runtime.swap("absent").has_error());
    {
        auto const held = sums.lease();
        CHECK(at.runtime.swap("tally").has_error());
    }
    REQUIRE(told.heard.size() == 3);
    for (auto const& each : told.heard) CHECK(each.outcome == outcome::failed);
    CHECK(told.heard[1].component == "absent");
}

TEST_CASE("events: what a component logs is an event, with its level and its words") {
    site at;
    auto const guest = at.load<visitor>("visitor", built("visitor", "1.0.0"));
    listener const told(at.runtime);
    guest->say("hello");
    auto const lines = told.of(operation::log);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].component == "visitor");
    CHECK(lines[0].level == hotswap::level::info);
    CHECK(lines[0].outcome == outcome::note);
    CHECK(lines[0].message == "hello");
}

TEST_CASE("events: none comes while the gate is closed, so that a subscriber may call the component") {
    site at;
    auto const guest = at.load<visitor>("visitor", built("visitor", "1.0.0"));
    std::atomic<int> events{0};
    std::atomic<int> lines{0};
    std::atomic<std::uint64_t> last{0};
    at.runtime
        .subscribe([&](event const& what) {
            last = guest->visits();  // waits for ever if the delivering thread keeps the gate closed
            ++events;
            if (what.message == "constructed") ++lines;
        })
        .detach();

    at.swap("visitor", built("visitor", "1.1.0"));
    at.runtime.revert("visitor").value();
    auto const frame = at.snapshot("visitor");
    at.runtime.restore("visitor", frame).value();

    CHECK(events >= 30);
    CHECK(lines == 3);  // logged behind the gate
    CHECK(last > 0);

    REQUIRE(at.runtime.unload("visitor").has_value());  // its calls throw now, and the exceptions are dropped
    CHECK(at.runtime.status().empty());
}

TEST_CASE("events: a subscriber that throws disturbs neither the operation nor the other subscribers") {
    site at;
    at.runtime.subscribe([](event const&) { throw std::runtime_error("a subscriber's trouble"); }).detach();
    at.runtime.subscribe([](event const&) { throw 7; }).detach();
    listener const told(at.runtime);
    auto const sums = at.load("tally", tally_file("1.0.0"));
    at.swap("tally", tally_file("2.0.0"));
    CHECK(told.of(operation::swap).size() == 10);
}

TEST_CASE("events: after the end of a subscription no event comes") {
    site at;
    int heard = 0;
    auto subscription = at.runtime.subscribe([&heard](event const&) { ++heard; });
    auto const sums = at.load("tally", tally_file("1.0.0"));
    int const until_then = heard;
    CHECK(until_then > 0);
    subscription.end();
    at.swap("tally", tally_file("2.0.0"));
    CHECK(heard == until_then);
    subscription.end();
}

TEST_CASE("events: a subscriber may run an operation on another component") {
    site at;
    auto const one = at.load("one", tally_file("1.0.0"));
    auto const two = at.load("two", tally_file("1.0.0"));
    bool swapped = false;
    at.runtime
        .subscribe([&](event const& what) {
            if (what.component == "one" && what.phase == phase::commit && !swapped) {
                swapped = true;
                at.swap("two", tally_file("2.0.0"));
            }
        })
        .detach();
    at.swap("one", tally_file("2.0.0"));
    CHECK(swapped);
    CHECK(two->code() == "tally 2.0.0");
}

TEST_CASE("events: one line tells time in UTC, level, component, operation, phase, outcome and message") {
    event what;
    what.time = std::chrono::system_clock::time_point(1'234'567'890s + 12ms);
    what.level = hotswap::level::warning;
    what.component = "cache";
    what.operation = operation::swap;
    what.phase = phase::export_;
    what.outcome = outcome::failed;
    what.duration = 2ms;
    what.message = "first\nsecond";
    CHECK(to_string(what) ==
          "2009-02-13T23:31:30.012Z warning cache swap export failed in 2.00 ms: first second");
}
