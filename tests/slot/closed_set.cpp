// Gates that close together.
#include "slot/closed_set.hpp"
#include "slot/gate_fixture.hpp"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <optional>
#include <thread>
#include <vector>

using namespace hotswap::detail;
using test::gated;

namespace {

/// Three gates; a thread always holds a lease on one: it takes the next lease before it gives the last one
/// back.
struct wandering {
    std::array<gated, 3> all;
    std::array<gate*, 3> gates{all[0].gate.get(), all[1].gate.get(), all[2].gate.get()};
    std::atomic<bool> is_inside{false};
    std::atomic<bool> stop{false};
    std::atomic<int> steps{0};
    std::thread wanderer{[this] {
        std::optional held = all[0].handle.lease();
        is_inside = true;
        for (std::size_t i = 1; !stop; i = (i + 1) % all.size()) {
            auto next = all[i].handle.lease();
            held.emplace(std::move(next));
            ++steps;
        }
        is_inside = false;
    }};

    wandering() {
        while (!is_inside) std::this_thread::yield();
    }
    ~wandering() {
        stop = true;
        if (wanderer.joinable()) wanderer.join();
    }
};

}  // namespace

TEST_CASE("closed set: a thread that goes from gate to gate is never taken for gone, and goes on") {
    wandering site;
    closed_set closed(site.gates, next_set_number());
    int seen_empty = 0;
    int const from = site.steps;
    while (site.steps < from + 300'000)
        if (closed.drain()) ++seen_empty;
    CHECK(seen_empty == 0);
    site.stop = true;
    site.wanderer.join();
    CHECK(closed.drain());
}

TEST_CASE("closed set: a thread that is inside none of its gates waits until all of them are open") {
    std::array<gated, 2> all;
    std::array<gate*, 2> const gates{all[0].gate.get(), all[1].gate.get()};
    std::atomic<bool> is_through{false};
    std::thread caller;
    {
        closed_set closed(gates, next_set_number());
        REQUIRE(closed.drain());
        caller = std::thread([&] {
            CHECK(all[1].handle->agrees());
            is_through = true;
        });
        while (gates[1]->calls_held() == 0) std::this_thread::yield();
        CHECK_FALSE(is_through);
        CHECK_FALSE(all[0].handle.try_lease().has_value());
    }
    caller.join();
    CHECK(is_through);
}

TEST_CASE("closed set: beyond its bound a caller that waits opens all gates, for what was running") {
    std::array<gated, 2> all;
    std::array<gate*, 2> const gates{all[0].gate.get(), all[1].gate.get()};
    closed_set closed(gates, next_set_number());
    REQUIRE(closed.drain());
    closed.limit(std::chrono::steady_clock::now());
    std::thread([&] { CHECK(all[1].handle->agrees()); }).join();
    CHECK_FALSE(closed.end_limit());
    CHECK(closed.is_open());
    CHECK(all[0].handle->agrees());
}

TEST_CASE("closed set: a thread that works behind it is refused at each of its gates, and may pass others") {
    std::array<gated, 2> all;
    gated other;
    std::array<gate*, 2> const gates{all[0].gate.get(), all[1].gate.get()};
    closed_set closed(gates, next_set_number());
    REQUIRE(closed.drain());
    for (auto& each : all) CHECK_THROWS_AS(each.handle->agrees(), hotswap::swap_error);
    CHECK(other.handle->agrees());
}
