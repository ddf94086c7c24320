// A runtime as an object: opening with a result, moving, subscribing.
#include "durable/stored_house.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <optional>
#include <set>
#include <utility>

using namespace hotswap_test;
using hotswap::errc;
using hotswap::event;
using hotswap::operation;

TEST_CASE(
    "open: a runtime that cannot have its store, or the signal it wants, is refused at once with the "
    "reason") {
    temporary_directory at;
    hotswap::runtime_options options{
        .staging = at.path() / "staging", .log_to_stderr = false, .store = at.path() / "store"};
    auto first = hotswap::runtime::open(options);
    REQUIRE_MESSAGE(first.has_value(), (first ? "" : first.error().message));
    auto const second = hotswap::runtime::open(options);
    REQUIRE(second.has_error());
    CHECK(second.error().code == errc::store_locked);

    options.store = at.path() / "other";
    options.store_key.resize(7);
    CHECK(hotswap::runtime::open(options).error().code == errc::invalid_argument);

    hotswap::runtime_options const killed{.log_to_stderr = false, .thread_probe_signal = SIGKILL};
    CHECK(hotswap::runtime::open(killed).error().code == errc::invalid_argument);
}

TEST_CASE("open: a runtime that was moved goes on with its components, handles and subscriptions") {
    std::optional<site> made(std::in_place);
    auto const sums = made->load("tally", tally_file("1.0.0"));
    int heard = 0;
    auto const listening = made->runtime.subscribe([&](event const&) { ++heard; });
    sums->add("a", 1);
    hotswap::runtime moved(std::move(made->runtime));
    auto const report = moved.swap("tally", {.module = tally_file("2.0.0")});
    REQUIRE(report.has_value());
    CHECK(sums->code() == "tally 2.0.0");
    CHECK(sums->total("a") == 1);
    CHECK(heard > 0);

    hotswap::runtime other({.log_to_stderr = false});
    other = std::move(moved);  // the old runtime of `other` ends here
    CHECK(other.status().size() == 1);
    CHECK(sums->code() == "tally 2.0.0");
}

TEST_CASE("subscription: it ends with its object, whichever of runtime and subscription goes first") {
    int heard = 0;
    std::optional<hotswap::subscription> outlives;
    {
        site at;
        auto const sums = at.load("tally", tally_file("1.0.0"));
        {
            auto const here = at.runtime.subscribe([&](event const&) { ++heard; });
            static_cast<void>(at.snapshot("tally"));
        }
        int const until_then = heard;
        CHECK(until_then > 0);
        static_cast<void>(at.snapshot("tally"));
        CHECK(heard == until_then);

        auto first = at.runtime.subscribe([&](event const&) { ++heard; });
        auto second = std::move(first);
        first.end();
        static_cast<void>(at.snapshot("tally"));
        CHECK(heard > until_then);
        outlives = std::move(second);
    }
    outlives->end();
}

TEST_CASE("subscription: a subscriber may end itself and others, and subscribe more, while it is called") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    int first = 0;
    int other = 0;
    int later = 0;
    hotswap::subscription more;
    hotswap::subscription mine;
    hotswap::subscription victim;
    mine = at.runtime.subscribe([&](event const&) {
        ++first;
        victim.end();
        more = at.runtime.subscribe([&](event const&) { ++later; });
        mine.end();
    });
    victim = at.runtime.subscribe([&](event const&) { ++other; });
    static_cast<void>(at.snapshot("tally"));
    CHECK(first == 1);
    CHECK(other == 0);
    CHECK(later > 0);
}

TEST_CASE("subscription: in a child that was forked its end leaves the parent's locks alone") {
    site at;
    auto listening = at.runtime.subscribe([](event const&) {});
    auto const child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        listening.end();
        _exit(0);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    auto const sums = at.load("tally", tally_file("1.0.0"));
}

TEST_CASE(
    "operation ids: events, report and failure of one operation have one, and no two operations share it") {
    site at;
    std::vector<event> heard;
    auto const listening = at.runtime.subscribe([&](event const& what) { heard.push_back(what); });
    auto const sums = at.load("tally", tally_file("1.0.0"));
    auto const before = std::chrono::system_clock::now();
    auto const report = at.swap("tally", tally_file("2.0.0"));
    auto const refused = at.refusal("tally", at.directory.path() / "none.so");
    auto const plan = at.runtime.plan("tally", {.module = tally_file("1.0.0")}).value();
    auto const back = at.runtime.revert("tally").value();
    auto const gone = at.runtime.unload("tally").value();

    CHECK(report.started >= before);
    CHECK(report.started <= back.started);
    CHECK(gone.started >= back.started);
    std::set<std::uint64_t> ids{report.operation_id, refused.operation_id, plan.operation_id,
                                back.operation_id, gone.operation_id};
    CHECK(ids.size() == 5);
    CHECK_FALSE(ids.contains(0));
    std::size_t of_swap = 0;
    for (auto const& each : heard) {
        if (each.operation_id == report.operation_id) {
            ++of_swap;
            CHECK(each.operation == operation::swap);
        }
        if (each.operation_id == refused.operation_id) CHECK(each.operation == operation::swap);
        if (each.operation == operation::revert) CHECK(each.operation_id == back.operation_id);
    }
    CHECK(of_swap == 10);
}

TEST_CASE("operation ids: a set has one for all members, and its probation's events have it too") {
    site at;
    std::vector<event> heard;
    auto const listening = at.runtime.subscribe([&](event const& what) { heard.push_back(what); });
    auto const one = at.load("one", tally_file("1.0.0"));
    auto const two = at.load("two", tally_file("1.0.0"));
    hotswap::component_set const set{{"one", {.module = tally_file("2.0.0")}},
                                     {"two", {.module = tally_file("2.0.0")}}};
    auto const done = at.runtime.swap(set, {.probation = {.duration = 1ms, .interval = 1ms}}).value();
    while (at.status("one").on_probation || at.status("two").on_probation) std::this_thread::yield();
    static_cast<void>(at.snapshot("one"));
    static_cast<void>(at.snapshot("two"));
    for (auto const& each : done.components) CHECK(each.operation_id == done.operation_id);
    std::size_t of_probation = 0;
    for (auto const& each : heard)
        if (each.operation == operation::probation) {
            ++of_probation;
            CHECK(each.operation_id == done.operation_id);
        }
    CHECK(of_probation > 0);
}

TEST_CASE(
    "module: a release is taken by its number, and a number that is not there is refused with those that "
    "are") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    CHECK(at.runtime.swap("tally", {.module = hotswap::release("2.0.0")}).value().to.release == "2.0.0");
    CHECK(at.runtime.swap("tally", {.module = "1.9.0", .allow_loss = true}).value().to.release == "1.9.0");
    auto const absent = at.runtime.swap("tally", {.module = "7.0.0"});
    REQUIRE(absent.has_error());
    CHECK(absent.error().code == errc::no_such_file);
    CHECK(names(absent.error().message, {"release 7.0.0 of \"tally\"", "tally-7.0.0.so", "tally-1.0.0.so"}));
    CHECK(at.runtime.swap("tally", {.module = hotswap::release("latest")}).error().code ==
          errc::invalid_argument);
    auto const other = at.runtime.load<tally>("other", {.module = hotswap::family("tally")});
    CHECK(other.has_value());
}
