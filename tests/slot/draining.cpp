// A drain tells the component that it waits for the callers.
#include "slot/fixtures/poller.hpp"
#include "slot/waiting.hpp"

#include <hotswap/runtime.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using hotswap::errc;
using test::eventually;
using test::poller;
using test::woken;
using namespace std::chrono_literals;

namespace {

std::filesystem::path const modules = HOTSWAP_TEST_MODULES "/slot";

std::filesystem::path module(char const* release) {
    return modules / ("poller-" + std::string(release) + ".so");
}

constexpr int callers = 4;

/// Callers that wait in the component, and call again if a drain woke them.
struct waiters {
    waiters(hotswap::handle<poller> const& it, woken (poller::*way)()) {
        for (int i = 0; i != callers; ++i)
            threads.emplace_back([this, it, way] {
                for (;;) {
                    try {
                        auto const how = (it.operator->().operator->()->*way)();
                        if (how == woken::by_time) ++slept;
                        if (how != woken::by_drain) return;
                        ++left_early;
                    } catch (hotswap::swap_error const& e) {
                        if (e.code() == errc::component_gone) ++gone;
                        return;
                    }
                }
            });
    }
    ~waiters() { join(); }
    void join() {
        for (auto& each : threads)
            if (each.joinable()) each.join();
    }

    std::atomic<int> left_early{0};
    std::atomic<int> slept{0};
    std::atomic<int> gone{0};
    std::vector<std::thread> threads;
};

struct host {
    std::unique_ptr<hotswap::runtime> runtime = std::make_unique<hotswap::runtime>(hotswap::runtime_options{
        .modules = modules, .log_to_stderr = false, .rehearse = hotswap::rehearse::never});
    hotswap::handle<poller> it = runtime->load<poller>("it", {.module = module("1.0.0")}).value();

    bool all_wait() {
        return eventually([&] { return it->waiting() == callers; });
    }
};

}  // namespace

TEST_CASE("draining: calls that wait for long leave early, and one attempt is enough for a swap") {
    for (auto const way : {&poller::wait, &poller::poll}) {
        host h;
        waiters inside(h.it, way);
        REQUIRE(h.all_wait());
        auto const report = h.runtime->swap("it", {.module = module("2.0.0")});
        REQUIRE_MESSAGE(report.has_value(), to_string(report.error()));
        CHECK(inside.left_early == callers);
        CHECK(h.all_wait());  // in the new generation
        CHECK_FALSE(h.it->draining());
        h.it->news();
        inside.join();
        CHECK(inside.left_early == callers);
        CHECK(inside.slept == 0);
    }
}

TEST_CASE(
    "draining: after a swap that was refused the waits are long again, also with the next attempt to come") {
    for (auto const way : {&poller::wait, &poller::poll}) {
        host h;
        waiters inside(h.it, way);
        for (int refused = 1; refused <= 2; ++refused) {
            REQUIRE(h.all_wait());
            auto const held = h.it.share();
            auto const report = h.runtime->swap("it", {.module = module("2.0.0"), .drain_deadline = 200ms});
            REQUIRE(report.has_error());
            CHECK(report.error().code == errc::drain_timeout);
            CHECK(h.all_wait());
            CHECK_FALSE(h.it->draining());
            CHECK(inside.left_early == refused * callers);
        }
        h.it->news();
        inside.join();
        CHECK(inside.left_early == 2 * callers);
        CHECK(inside.slept == 0);
    }
}

TEST_CASE(
    "draining: a snapshot, a restore, an unload and the end of the runtime let waiting calls "
    "leave, too") {
    host h;
    std::vector<std::byte> frame;
    int before = 0;
    waiters inside(h.it, &poller::wait);
    auto const lets_go = [&](auto operation) {
        REQUIRE(h.all_wait());
        operation();
        CHECK(h.all_wait());
        before += callers;
        CHECK(inside.left_early == before);
    };
    lets_go([&] { frame = h.runtime->snapshot("it").value(); });
    lets_go([&] { CHECK(h.runtime->restore("it", frame).has_value()); });
    REQUIRE(h.all_wait());
    CHECK(h.runtime->unload("it").has_value());
    inside.join();
    CHECK(inside.gone == callers);

    h.it = h.runtime->load<poller>("it", {.module = module("1.0.0")}).value();
    waiters last(h.it, &poller::wait);
    REQUIRE(h.all_wait());
    h.runtime.reset();
    last.join();
    CHECK(last.gone == callers);
    CHECK(last.slept == 0);
}
