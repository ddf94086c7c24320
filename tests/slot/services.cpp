// hotswap::host, from the side of the component and of the host.
#include "slot/fixtures/worker.hpp"
#include "slot/waiting.hpp"

#include <hotswap/runtime.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

using hotswap::errc;
using hotswap::unload_verdict;
using test::eventually;
using test::observer;
using test::worker;
using namespace std::chrono_literals;

namespace {

std::filesystem::path const modules = HOTSWAP_TEST_MODULES "/slot";

struct host {
    observer watch;
    observer log;  // the lines that components logged
    hotswap::runtime runtime{
        {.modules = modules, .log_to_stderr = false, .rehearse = hotswap::rehearse::never}};

    host() {
        runtime
            .subscribe([this](hotswap::event const& what) {
                if (what.operation == hotswap::operation::log)
                    log.record(std::string(to_string(what.level)) + " " + what.component + ": " +
                               what.message);
            })
            .detach();
    }

    hotswap::handle<worker> load(std::string_view name, char const* release = "1.0.0") {
        return runtime.load<worker>(name, {.module = module(release)}).value();
    }
    hotswap::swap_report swap(std::string_view name, char const* release = "2.0.0") {
        return runtime.swap(name, {.module = module(release)}).value();
    }
    static std::filesystem::path module(std::string const& release) {
        return modules / ("worker-" + release + ".so");
    }

    bool logged(std::string_view words) {
        for (auto const& line : log.recorded())
            if (line.find(words) != line.npos) return true;
        return false;
    }
};

}  // namespace

TEST_CASE("host.log: a line reaches the subscribers with its level and its component") {
    host h;
    auto const it = h.load("it");
    for (auto const severity :
         {hotswap::level::debug, hotswap::level::info, hotswap::level::warning, hotswap::level::error})
        it->log(severity, "a line");
    CHECK(h.log.recorded() == std::vector<std::string>{"debug it: a line", "info it: a line",
                                                       "warning it: a line", "error it: a line"});
}

TEST_CASE("host.now: the time is that of the host's clock, to the nanosecond") {
    std::chrono::system_clock::time_point time{1'700'000'000'123'456'789ns};
    hotswap::runtime runtime{{.modules = modules,
                              .log_to_stderr = false,
                              .clock = [&time] { return time; },
                              .rehearse = hotswap::rehearse::never}};
    auto const it = runtime.load<worker>("it", {.module = host::module("1.0.0")}).value();
    CHECK(it->now() == time);
    time -= std::chrono::hours(24 * 365 * 60);  // before 1970
    CHECK(it->now() == time);
}

TEST_CASE("host.every: a timer runs again and again, and never overlaps with another job") {
    host h;
    auto const it = h.load("it");
    it->every(1ms, h.watch);
    it->every(1ms, h.watch);
    for (int i = 0; i != 20; ++i) it->post("line", h.watch);
    CHECK(eventually([&] { return h.watch.ticks >= 20 && h.watch.recorded().size() == 20; }));
    CHECK_FALSE(h.watch.overlapped);
}

TEST_CASE("host.every: its first call comes after one period, not at once") {
    host h;
    auto const it = h.load("it");
    it->every(1h, h.watch);
    it->post("a post", h.watch);
    CHECK(eventually([&] { return h.watch.recorded().size() == 1; }));
    CHECK(h.watch.ticks == 0);
}

TEST_CASE("host.every: a period that is not positive throws, and the job is destroyed") {
    host h;
    auto const it = h.load("it");
    CHECK_THROWS_AS(it->every(0ns, h.watch), std::invalid_argument);
    CHECK_THROWS_AS(it->every(-1s, h.watch), std::invalid_argument);
    CHECK(h.watch.tokens == 0);
}

TEST_CASE("host.post: posts run once each, in the order of posting") {
    host h;
    auto const it = h.load("it");
    std::vector<std::string> expected;
    for (int i = 0; i != 100; ++i) {
        expected.push_back(std::to_string(i));
        it->post(expected.back(), h.watch);
    }
    CHECK(eventually([&] { return h.watch.recorded().size() == 100; }));
    CHECK(h.watch.recorded() == expected);
    CHECK(eventually([&] { return h.watch.tokens == 0; }));
}

TEST_CASE("host.post: a job that posts again runs as often as it posts") {
    host h;
    auto const it = h.load("it");
    it->post_again(50, h.watch);
    CHECK(eventually([&] { return h.watch.ticks == 50 && h.watch.tokens == 0; }));
    CHECK_FALSE(h.watch.overlapped);
}

TEST_CASE("host.post: what a job throws is logged as an error of its component, and the next one runs") {
    host h;
    auto const it = h.load("it");
    it->post_throwing("no such table");
    it->post("after it", h.watch);
    CHECK(eventually([&] { return h.watch.recorded().size() == 1; }));
    CHECK(h.logged("error it: a timer or posted job threw: no such table"));
}

TEST_CASE("jobs: a swap drops the old generation's, each destroyed once before its code is unmapped") {
    host h;
    auto const it = h.load("it");
    it->every(1ms, h.watch);
    CHECK(eventually([&] { return h.watch.ticks >= 1; }));
    auto const report = h.swap("it");
    CHECK(h.watch.tokens == 0);
    CHECK_MESSAGE(report.unload.verdict == unload_verdict::unmapped, report.unload.reason);
    auto const ticks = h.watch.ticks.load();
    it->post("the new one works", h.watch);
    CHECK(eventually([&] { return h.watch.recorded().size() == 1; }));
    CHECK(h.watch.ticks == ticks);
}

TEST_CASE("jobs: posts that had not begun when the gate closed are dropped and counted in the report") {
    host h;
    auto const it = h.load("it");
    it->post_waiting(h.watch);
    CHECK(eventually([&] { return h.watch.waiting.load(); }));
    for (int i = 0; i != 5; ++i) it->post("never", h.watch);
    // The swap waits for the running job.
    std::optional<hotswap::swap_report> report;
    std::thread swapping([&] { report = h.swap("it"); });
    CHECK(eventually([&] { return h.runtime.status().at(0).swapping; }));
    h.watch.may_go = true;
    swapping.join();
    REQUIRE(report.has_value());
    auto const lines = h.watch.recorded();
    REQUIRE_FALSE(lines.empty());
    CHECK(lines.front() == "waited");
    CHECK(report->unload.dropped_jobs == 5 - (lines.size() - 1));
    CHECK(h.watch.tokens == 0);
}

TEST_CASE("jobs: a swap that is refused leaves timers and posts as they were") {
    host h;
    auto const it = h.load("it");
    it->every(1ms, h.watch);
    CHECK_FALSE(h.runtime.swap("it", {.module = modules / "none-1.0.0.so"}).has_value());
    auto const ticks = h.watch.ticks.load();
    CHECK(eventually([&] { return h.watch.ticks > ticks; }));
}

TEST_CASE("jobs: an unload and the end of the runtime destroy them all") {
    observer watch;
    {
        host h;
        auto const one = h.load("one");
        auto const two = h.load("two");
        for (auto const& it : {one, two}) {
            it->every(1ms, watch);
            it->every(1h, watch);
        }
        CHECK(h.runtime.unload("one").value().verdict == unload_verdict::unmapped);
        CHECK(watch.tokens == 2);
    }
    CHECK(watch.tokens == 0);
}

TEST_CASE(
    "host.find: a name that is not loaded, or of another contract, is an empty neighbour and a line in the "
    "log") {
    host h;
    auto const it = h.load("it");
    CHECK_FALSE(it->find("absent"));
    CHECK(h.logged("info it: no component of that name is loaded; loaded are: it"));
    CHECK_FALSE(it->find_stranger("it"));
    CHECK(h.logged("asked for was test.stranger 1"));
    CHECK_THROWS_AS(it->release_of_neighbour(), std::runtime_error);
}

TEST_CASE(
    "neighbour: calls reach the generation that runs, across a swap of the neighbour and of the caller") {
    host h;
    auto const it = h.load("it");
    auto const other = h.load("other");
    REQUIRE(it->find("other"));
    CHECK(it->release_of_neighbour() == "1.0.0");
    CHECK(h.swap("other").unload.verdict == unload_verdict::unmapped);
    CHECK(it->release_of_neighbour() == "2.0.0");
    CHECK(h.swap("it").unload.verdict == unload_verdict::unmapped);
    REQUIRE(it->find("other"));
    CHECK(it->release_of_neighbour() == "2.0.0");
}

TEST_CASE("neighbour: a component may call itself by name, and be swapped afterwards") {
    host h;
    auto const it = h.load("it");
    REQUIRE(it->find("it"));
    CHECK(it->release_of_neighbour() == "1.0.0");
    CHECK(h.swap("it").unload.verdict == unload_verdict::unmapped);
}

// An assignment would give one lease back twice.
static_assert(!std::is_copy_assignable_v<hotswap::neighbour<worker>::call>);
static_assert(!std::is_copy_assignable_v<hotswap::neighbour<worker>::attempt>);

TEST_CASE("neighbour: it outlives its component, and then throws runtime_error") {
    host h;
    auto const it = h.load("it");
    h.load("other");
    REQUIRE(it->find("other"));
    REQUIRE(h.runtime.unload("other", {.force = true}).has_value());
    CHECK_THROWS_WITH_AS(it->release_of_neighbour(), "the component \"other\" is no longer loaded",
                         std::runtime_error);
    h.load("other", "2.0.0");
    CHECK_THROWS_AS(it->release_of_neighbour(), std::runtime_error);
    REQUIRE(it->find("other"));
    CHECK(it->release_of_neighbour() == "2.0.0");
}

TEST_CASE("handle: it outlives its runtime, and then throws component_gone") {
    std::optional<hotswap::handle<worker>> left;
    {
        host h;
        left.emplace(h.load("it"));
        CHECK((*left)->release() == "1.0.0");
    }
    try {
        static_cast<void>((*left)->release());
        FAIL("a call after the runtime's end came back");
    } catch (hotswap::swap_error const& thrown) {
        CHECK(thrown.code() == errc::component_gone);
        CHECK(thrown.why().component == "it");
    }
    CHECK_THROWS_AS(static_cast<void>(left->lease()), hotswap::swap_error);
}

TEST_CASE(
    "load: more components than a process has places for is limit_reached, and room again after an unload") {
    host h;
    std::vector<std::unique_ptr<hotswap::detail::gate>> others;
    auto const it = h.load("it");
    try {
        for (;;) others.push_back(std::make_unique<hotswap::detail::gate>("other", "test.worker", 1));
    } catch (std::length_error const&) {
    }
    auto const refused = h.runtime.load<worker>("one more", {.module = host::module("1.0.0")});
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == errc::limit_reached);
    CHECK(refused.error().component == "one more");
    CHECK(it->release() == "1.0.0");
    others.pop_back();
    CHECK(h.load("one more")->release() == "1.0.0");
}
