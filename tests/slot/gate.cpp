#include <hotswap/detail/slot/gate.hpp>

#include "slot/gate_fixture.hpp"
#include "slot/waiting.hpp"

#include <hotswap/failure.hpp>

#include <doctest/doctest.h>

#include <pthread.h>
#include <sys/syscall.h>

#include <atomic>
#include <ctime>
#include <fstream>
#include <latch>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

using hotswap::errc;
using hotswap::swap_error;
using test::eventually;
using test::gated;
using test::pair;

namespace {

/// The state of a thread of this process: R, S, D …
char state_of(pid_t thread) {
    std::ifstream stat("/proc/self/task/" + std::to_string(thread) + "/stat");
    std::string const line{std::istreambuf_iterator<char>(stat), {}};
    auto const name_ends = line.rfind(") ");
    return name_ends == line.npos ? '?' : line[name_ends + 2];
}

std::chrono::nanoseconds cpu_time_of(pthread_t thread) {
    clockid_t clock{};
    REQUIRE(pthread_getcpuclockid(thread, &clock) == 0);
    timespec used{};
    REQUIRE(clock_gettime(clock, &used) == 0);
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

}  // namespace

TEST_CASE(
    "gate: a closed one holds callers back, counts them, and lets them through to what is behind it then") {
    gated g;
    pair next;
    test::close_gate(*g.gate);
    CHECK(g.gate->calls_held() == 0);
    std::vector<pair const*> reached(3);
    std::vector<std::thread> callers;
    for (auto& at : reached) callers.emplace_back([&g, &at] { at = &*g.handle.lease(); });
    CHECK(eventually([&] { return g.gate->calls_held() == 3; }));
    CHECK(g.drains());
    g.gate->open(&next);
    for (auto& caller : callers) caller.join();
    for (auto const* const at : reached) CHECK(at == &next);
    CHECK(g.gate->calls_held() == 3);
}

TEST_CASE("gate: calls through an open gate are not counted as held") {
    gated g;
    for (int i = 0; i != 100; ++i) CHECK(g.handle->agrees());
    CHECK(g.gate->calls_held() == 0);
}

TEST_CASE("gate: reopened, it leads to what was behind it before") {
    gated g;
    test::close_gate(*g.gate);
    g.gate->reopen();
    CHECK(&*g.handle.lease() == &g.object);
}

TEST_CASE("gate: while draining, a thread that is inside calls again and gets through, another one waits") {
    gated g;
    pair next;
    std::latch inside(1);
    std::latch closed(1);
    std::atomic<bool> called_again{false};
    std::atomic<bool> may_leave{false};
    std::thread holder([&] {
        auto const held = g.handle.lease();
        inside.count_down();
        closed.wait();
        auto const nested = g.handle.lease();
        CHECK(&*nested == &g.object);
        CHECK(g.handle->agrees());
        called_again = true;
        may_leave.wait(false);
    });
    inside.wait();
    test::close_gate(*g.gate);
    pair const* reached = nullptr;
    std::thread other([&] { reached = &*g.handle.lease(); });
    CHECK(eventually([&] { return g.gate->calls_held() == 1; }));
    closed.count_down();
    CHECK(eventually([&] { return called_again.load(); }));
    CHECK_FALSE(g.drains_at_once());
    CHECK(g.gate->calls_held() == 1);
    may_leave = true;
    may_leave.notify_all();
    CHECK(g.drains());
    g.gate->open(&next);
    holder.join();
    other.join();
    CHECK(reached == &next);
}

TEST_CASE("gate: a thread that holds only a shared lease waits as any other") {
    gated g;
    auto const held = g.handle.share();
    test::close_gate(*g.gate);
    std::thread caller([&] { CHECK(g.handle->agrees()); });
    CHECK(eventually([&] { return g.gate->calls_held() == 1; }));
    g.gate->reopen();
    caller.join();
}

TEST_CASE("gate: a drain ends at its deadline and says how many leases are out") {
    gated g;
    auto const one = g.handle.lease();
    auto const two = g.handle.share();
    test::close_gate(*g.gate);
    CHECK_FALSE(g.gate->wait_until_drained(std::chrono::steady_clock::now() + std::chrono::milliseconds(1)));
    CHECK(g.gate->leases() == 2);
}

TEST_CASE("gate: held callers sleep and use no processor time") {
    gated g;
    CHECK(g.handle->agrees());
    test::close_gate(*g.gate);
    std::atomic<pid_t> id{0};
    std::thread caller([&] {
        id = static_cast<pid_t>(syscall(SYS_gettid));
        CHECK(g.handle->agrees());
    });
    CHECK(eventually([&] { return g.gate->calls_held() == 1; }));
    // Asleep: its processor time does not change while this thread checks it two hundred times.
    CHECK(eventually([&] {
        auto const used = cpu_time_of(caller.native_handle());
        for (int look = 0; look != 200; ++look)
            if (state_of(id) != 'S') return false;
        return cpu_time_of(caller.native_handle()) == used;
    }));
    g.gate->open(&g.object);
    caller.join();
}

TEST_CASE("gate: ended, it answers component_gone with the component and the way out") {
    gated g;
    CHECK(g.handle->agrees());
    g.gate->end();
    for (int i = 0; i != 2; ++i) try {
            static_cast<void>(g.handle->agrees());
            FAIL("a call through an ended gate came back");
        } catch (swap_error const& thrown) {
            CHECK(thrown.code() == errc::component_gone);
            CHECK(thrown.why().component == "it");
            CHECK(thrown.why().message.find("test.pair 1") != std::string::npos);
            CHECK(thrown.why().message.find("load it again") != std::string::npos);
        }
    CHECK_THROWS_AS(static_cast<void>(g.handle.lease()), swap_error);
    CHECK_THROWS_AS(static_cast<void>(g.handle.share()), swap_error);
    CHECK(g.gate->leases() == 0);
}

TEST_CASE("gate: callers that wait when it ends get component_gone, all of them") {
    gated g;
    test::close_gate(*g.gate);
    std::atomic<int> told{0};
    std::vector<std::thread> callers;
    for (int i = 0; i != 4; ++i)
        callers.emplace_back([&] {
            try {
                static_cast<void>(g.handle->agrees());
            } catch (swap_error const& thrown) {
                if (thrown.code() == errc::component_gone) ++told;
            }
        });
    CHECK(eventually([&] { return g.gate->calls_held() == 4; }));
    g.gate->end();
    for (auto& caller : callers) caller.join();
    CHECK(told == 4);
    CHECK(g.drains_at_once());
}

TEST_CASE("gate: ended while a thread is inside, that thread finishes, nested calls included") {
    gated g;
    {
        auto const held = g.handle.lease();
        g.gate->end();
        CHECK(held->agrees());
        CHECK(g.handle->agrees());
        CHECK_FALSE(g.drains_at_once());
    }
    CHECK(g.drains_at_once());
    CHECK_THROWS_AS(static_cast<void>(g.handle->agrees()), swap_error);
}

TEST_CASE("gate: every place of the process can be taken once, and again after it was given back") {
    auto const take_all = [] {
        std::vector<std::unique_ptr<hotswap::detail::gate>> all;
        try {
            for (;;) all.push_back(std::make_unique<hotswap::detail::gate>("it", "test.pair", 1));
        } catch (std::length_error const&) {
        }
        return all.size();
    };
    auto const first = take_all();
    CHECK(first > 0);
    CHECK(first <= hotswap::detail::max_slots);
    CHECK(take_all() == first);
}

TEST_CASE("gate: a place on which a lease was never given back is not used again") {
    std::optional<hotswap::shared_lease<pair>> forgotten;
    std::uint32_t place = 0;
    {
        gated g;
        place = g.gate->index();
        forgotten.emplace(g.handle.share());
    }
    std::vector<std::unique_ptr<gated>> all;
    try {
        for (;;) all.push_back(std::make_unique<gated>());
    } catch (std::length_error const&) {
    }
    for (auto const& g : all) CHECK(g->gate->index() != place);
    forgotten.reset();
}
