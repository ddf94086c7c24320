// Several components that are swapped, planned and reverted as one.
#include "runtime/ring.hpp"
#include "swap/fixtures/rows.hpp"

#include <hotswap/json.hpp>

#include <boost/json/serialize.hpp>

#include <atomic>
#include <barrier>

#if defined(HOTSWAP_FAILPOINTS)
#include "base/failpoint.hpp"
#endif

using namespace hotswap_test;
using hotswap::errc;

TEST_CASE("sets: all members become the new release, with their states, in one pause") {
    ring at;
    auto const counted = at.links[1]->count();
    auto const report = at.runtime.swap(ring::to(2));
    REQUIRE_MESSAGE(report.has_value(), (report ? "" : report.error().message));
    CHECK(at.releases() == "2 2 2");
    CHECK(at.links[1]->count() == counted);
    CHECK(at.links[0]->pass(2) == 4);
    REQUIRE(report->components.size() == 3);
    for (std::size_t i = 0; i != 3; ++i) {
        auto const& each = report->components[i];
        CHECK(each.component == ring_names[i]);
        CHECK(each.from.release == "1.0.0");
        CHECK(each.to.release == "2.0.0");
        CHECK(each.pause == report->pause);
        CHECK(each.unload.verdict == hotswap::unload_verdict::unmapped);
    }
    CHECK(names(to_string(*report), {"3 components as one", "a: 1.0.0", "c: 1.0.0"}));
    CHECK(names(hotswap::to_json(*report), {"\"pause_ns\":", "\"components\":[{\"component\":\"a\""}));
}

TEST_CASE("sets: what fails in one member leaves all members as they were, and the failure names it") {
    ring at;
    auto set = ring::to(2);
    SUBCASE("a constructor that throws") {
        set[1].options.settings = ring_settings("b", "throw");
        auto const report = at.runtime.swap(set);
        REQUIRE(report.has_error());
        CHECK(report.error().code == errc::construct_failed);
        CHECK(report.error().component == "b");
        CHECK(report.error().old_serving);
    }
    SUBCASE("a file that is missing") {
        set[2].options.module = "modules/link-9.0.0.so";
        auto const report = at.runtime.swap(set);
        REQUIRE(report.has_error());
        CHECK(report.error().code == errc::no_such_file);
        CHECK(report.error().component == "c");
    }
    SUBCASE("a lease that is held by another thread") {
        std::barrier taken(2);
        std::barrier done(2);
        std::thread holder([&] {
            auto const lease = at.links[2].lease();
            taken.arrive_and_wait();
            done.arrive_and_wait();
        });
        taken.arrive_and_wait();
        auto const report = at.runtime.swap(set, {.drain_deadline = 20ms});
        done.arrive_and_wait();
        holder.join();
        REQUIRE(report.has_error());
        CHECK(report.error().code == errc::drain_timeout);
        CHECK(report.error().component == "c");
        CHECK(names(report.error().message, {"1 lease of \"c\" is still held"}));
    }
    SUBCASE("a lease of this thread on one of them") {
        auto const lease = at.links[1].lease();
        auto const report = at.runtime.swap(set);
        REQUIRE(report.has_error());
        CHECK(report.error().code == errc::would_deadlock);
        CHECK(report.error().component == "b");
    }
    SUBCASE("a member that is not loaded") {
        set.push_back({"d", {}});
        auto const report = at.runtime.swap(set);
        REQUIRE(report.has_error());
        CHECK(report.error().code == errc::unknown_component);
        CHECK(report.error().component == "d");
    }
    CHECK(at.releases() == "1 1 1");
    CHECK(at.links[0]->pass(2) == 2);
    CHECK(at.mappings() > 0);
    CHECK(modules_below(at.directory.path()) == 3);
    CHECK(at.runtime.swap(ring::to(2)).has_value());
}

TEST_CASE("sets: one without a member, with one twice, or with options that are the set's is refused") {
    ring at;
    auto const code = [&](hotswap::component_set const& set) {
        auto const report = at.runtime.swap(set);
        CHECK(at.runtime.plan(set).error().code == report.error().code);
        return report.error().code;
    };
    CHECK(code({}) == errc::invalid_argument);
    CHECK(code({{"a", {}}, {"a", {}}}) == errc::invalid_argument);
    CHECK(code({{"a", {.drain_deadline = 1s}}, {"b", {}}}) == errc::invalid_argument);
    CHECK(code({{"a", {}}, {"b", {.probation = {.duration = 1s}}}}) == errc::invalid_argument);
    CHECK(at.runtime.revert(hotswap::component_set{}).error().code == errc::invalid_argument);
}

TEST_CASE("sets: a plan says what each member would become, and one blocker blocks all") {
    ring at;
    auto set = ring::to(2);
    auto const plan = at.runtime.plan(set).value();
    CHECK(plan.blockers.empty());
    CHECK(plan.reversible);
    CHECK(plan.predicted_pause.count() > 0);
    REQUIRE(plan.components.size() == 3);
    CHECK(plan.components[2].to.release == "2.0.0");
    set[1].options.module = built("tally", "1.0.0");
    CHECK(at.runtime.plan(set).error().code == errc::contract_mismatch);
    set[1].options.module = "link";  // the newest of the family
    CHECK(at.runtime.plan(set).value().components[1].to.release == "2.0.0");
    CHECK(names(to_string(plan), {"3 components as one", "reversible"}));
    CHECK(names(hotswap::to_json(plan), {"\"reversible\":true", "\"blockers\":[]"}));
    CHECK(at.releases() == "1 1 1");
}

TEST_CASE("sets: a revert takes all of them back as one, and can be reverted") {
    ring at;
    at.runtime.swap(ring::to(2)).value();
    at.links[0]->pass(2);
    auto const counted = at.links[2]->count();
    auto const back = at.runtime.revert(ring::to(0));
    REQUIRE_MESSAGE(back.has_value(), (back ? "" : back.error().message));
    CHECK(at.releases() == "1 1 1");
    CHECK(at.links[2]->count() == counted);
    CHECK(at.runtime.revert({{"a"}, {"b"}, {"c"}}).has_value());
    CHECK(at.releases() == "2 2 2");
}

TEST_CASE("sets: what is wrong with one member on probation sends all of them back, with what was written") {
    ring at;
    std::atomic<bool> is_ill{false};
    std::atomic<int> back{0};
    auto listening = at.runtime.subscribe([&](hotswap::event const& what) {
        if (what.operation == hotswap::operation::probation &&
            what.message.find("was sent back") != what.message.npos)
            ++back;
    });
    hotswap::set_options options;
    options.probation.duration = 1h;
    options.probation.interval = 1ms;
    options.probation.check = [&] { return is_ill ? std::string("the error rate is up") : std::string(); };
    at.runtime.swap(ring::to(2), options).value();
    CHECK(at.status("b").on_probation);
    CHECK(at.runtime.swap(ring::to(1)).error().code == errc::busy);
    at.links[0]->pass(2);
    auto const counted = at.links[2]->count();
    is_ill = true;
    while (back != 3) std::this_thread::yield();
    listening.end();
    CHECK(at.releases() == "1 1 1");
    CHECK(at.links[2]->count() == counted);
    for (auto const name : ring_names) {
        CHECK_FALSE(at.status(name).on_probation);
        REQUIRE(at.status(name).rolled_back.has_value());
        CHECK(names(at.status(name).rolled_back->message, {"the error rate is up"}));
    }
}

TEST_CASE("sets: to revert one member of a set on probation is to revert the set") {
    ring at;
    hotswap::set_options options;
    options.probation.duration = 1h;
    at.runtime.swap(ring::to(2), options).value();
    auto const back = at.runtime.revert("b");
    REQUIRE_MESSAGE(back.has_value(), (back ? "" : back.error().message));
    CHECK(back->component == "b");
    CHECK(at.releases() == "1 1 1");
    for (auto const name : ring_names) CHECK_FALSE(at.status(name).on_probation);
    CHECK(at.runtime.swap(ring::to(2)).has_value());
}

TEST_CASE("sets: a member that runs its file already stays as it is, also when the others go back") {
    ring at;
    at.runtime.swap("b", {.module = link_file(2)}).value();
    auto set = ring::to(2);
    for (auto& each : set) each.options.even_if_unchanged = false;
    hotswap::set_options options;
    options.probation.duration = 1h;
    auto const report = at.runtime.swap(set, options).value();
    CHECK(report.components[1].same_content);
    CHECK(report.components[0].to.release == "2.0.0");
    CHECK(at.status("b").running.generation == 2);
    CHECK_FALSE(at.status("b").on_probation);
    CHECK(at.runtime.revert("a").has_value());
    CHECK(at.releases() == "1 2 1");
}

TEST_CASE("sets: a member that is unloaded leaves the probation, and the others stay on it") {
    ring at;
    hotswap::set_options options;
    options.probation.duration = 1h;
    at.runtime.swap(ring::to(2), options).value();
    CHECK(at.runtime.unload("b", {.force = true}).has_value());
    CHECK(at.status("a").on_probation);
    CHECK(at.runtime.revert("a").has_value());
    CHECK(at.status("c").running.release == "1.0.0");
}

TEST_CASE(
    "sets: what a member did wrong in a probation before is nothing to a probation in which it stays as it "
    "is") {
    ring at;
    std::atomic<int> looks{0};
    hotswap::set_options options;
    options.probation.duration = 1h;
    options.probation.interval = 1ms;
    options.probation.check = [&] {
        ++looks;
        return std::string();
    };
    // "b" calls a missing component, which throws; two such calls are allowed.
    hotswap::swap_options alone{.module = link_file(2), .settings = {{{"next", "nowhere"}}}};
    alone.probation.duration = 1h;
    at.runtime.swap("b", alone).value();
    for (int i = 0; i != 2; ++i) CHECK_THROWS(at.links[1]->pass(1));
    CHECK(at.runtime.swap("b", {.module = link_file(1)}).error().code == errc::busy);
    CHECK(at.runtime.revert("b").has_value());
    at.runtime.swap("b", {.module = link_file(2), .settings = {{{"next", "nowhere"}}}}).value();
    options.probation.max_errors = 0;
    auto set = ring::to(2);
    for (auto& each : set) each.options.even_if_unchanged = false;
    at.runtime.swap(set, options).value();
    while (looks < 3) std::this_thread::yield();
    CHECK(at.status("a").on_probation);
    CHECK(at.releases() == "2 2 2");
}

#if defined(HOTSWAP_FAILPOINTS)
TEST_CASE(
    "sets: a pause that is given up after a constructor has run is not tried again on the state that it has "
    "had") {
    namespace failpoints = hotswap::detail::failpoints;
    ring at;
    auto const kept = at.load<hotswap_test::rows>("rows", built("rows", "1.0.0"));
    hotswap::component_set const set{{"a", {.module = link_file(2), .fresh_state = true}},
                                     {"rows", {.module = built("rows", "2.0.0")}}};
    failpoints::clear();
    int exports = 0;
    failpoints::call("swap.export.before",
                     [&exports] {  // of the second member; the first one has been constructed
                         if (++exports == 1) std::this_thread::sleep_for(400ms);
                     });
    auto const refused = at.runtime.swap(set, {.pause_budget = 300ms});
    failpoints::clear();
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::pause_budget_exceeded);
    CHECK(exports == 1);
    CHECK(at.releases() == "1 1 1");
    CHECK(at.links[0]->pass(2) == 2);
    CHECK(at.runtime.swap(set).has_value());
    CHECK(at.links[0]->pass(0) == 4);
}

TEST_CASE("sets: a fault before or after any step of any member leaves all members as they were") {
    namespace failpoints = hotswap::detail::failpoints;
    ring at;
    failpoints::clear();
    REQUIRE(at.runtime.swap(ring::to(2)).has_value());
    auto points = failpoints::visited();
    REQUIRE(at.runtime.revert({{"a"}, {"b"}, {"c"}}).has_value());
    std::erase_if(points, [](auto const& point) {
        return point.find(".commit.") != point.npos || point.find(".retire.") != point.npos;
    });
    REQUIRE(points.size() > 10);
    for (auto const& point : points)
        for (auto const* const visit : {"", "2*", "3*"})  // of the first member, the second, the third
            for (auto const* const fault : {"fail:5", "no_memory"}) {
                CAPTURE(point);
                CAPTURE(visit);
                failpoints::clear();
                failpoints::arm(point + "=" + visit + fault);
                auto const report = at.runtime.swap(ring::to(2));
                failpoints::clear();
                if (report) {  // the step belongs to the whole set, and is passed once
                    CHECK(at.releases() == "2 2 2");
                    REQUIRE(at.runtime.revert({{"a"}, {"b"}, {"c"}}).has_value());
                    continue;
                }
                CHECK(report.error().old_serving);
                CHECK(at.releases() == "1 1 1");
                CHECK(at.links[0]->pass(2) == 2);
            }
    CHECK(modules_below(at.directory.path()) <= 6);
}

TEST_CASE("sets: with a store that fails at any step all members change and it is said, or none does") {
    namespace failpoints = hotswap::detail::failpoints;
    temporary_directory kept;
    ring at({.store = kept.path() / "store"});
    failpoints::clear();
    REQUIRE(at.runtime.swap(ring::to(2)).has_value());
    auto points = failpoints::visited();
    REQUIRE(at.runtime.revert(ring::to(0)).has_value());
    std::erase_if(points, [](auto const& point) { return point.find("store.") == point.npos; });
    REQUIRE(points.size() > 3);
    int refused = 0;
    int undurable = 0;
    for (auto const& point : points)
        for (auto const* const visit : {"", "2*", "4*"}) {
            CAPTURE(point);
            CAPTURE(visit);
            failpoints::clear();
            failpoints::arm(point + "=" + visit + "fail:28");
            auto const report = at.runtime.swap(ring::to(2));
            failpoints::clear();
            if (!report) {
                ++refused;
                CHECK(report.error().old_serving);
                CHECK(at.releases() == "1 1 1");
                continue;
            }
            if (report->not_durable) ++undurable;
            CHECK(at.releases() == "2 2 2");
            REQUIRE(at.runtime.revert(ring::to(0)).has_value());
        }
    CHECK(refused > 0);
    CHECK(undurable > 0);
    CHECK(at.runtime.checkpoint().has_value());
}
#endif
