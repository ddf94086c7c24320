#include "slot/gate_fixture.hpp"
#include "slot/waiting.hpp"

#include <hotswap/failure.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <vector>

using hotswap::lease;
using hotswap::shared_lease;
using test::eventually;
using test::gated;
using test::pair;

TEST_CASE("lease: a call holds one until the end of its full expression") {
    gated g;
    CHECK(g.gate->leases() == 0);
    CHECK((g.handle->agrees() ? g.gate->leases() : 0) == 1);
    CHECK(g.gate->leases() == 0);
    CHECK_FALSE(g.gate->held_by_this_thread());
}

TEST_CASE("lease: a block's lease is a plain pointer to one object, held until the end of the block") {
    gated g;
    {
        auto const held = g.handle.lease();
        CHECK(&*held == &g.object);
        CHECK(held.operator->() == &g.object);
        CHECK(g.gate->held_by_this_thread());
        test::close_gate(*g.gate);
        CHECK_FALSE(g.drains_at_once());
    }
    CHECK(g.drains_at_once());
}

TEST_CASE("lease: leases of one thread are given back in any order") {
    gated g;
    for (int first = 0; first != 3; ++first)
        for (int second = 0; second != 3; ++second) {
            if (second == first) continue;
            std::vector<std::optional<lease<pair>>> held(3);
            for (auto& l : held) l.emplace(g.handle.lease());
            CHECK(g.gate->leases() == 3);
            held[static_cast<std::size_t>(first)].reset();
            CHECK(g.gate->leases() == 2);
            CHECK(g.gate->held_by_this_thread());
            CHECK(g.handle->agrees());
            held[static_cast<std::size_t>(second)].reset();
            CHECK(g.gate->leases() == 1);
            held.clear();
            CHECK(g.gate->leases() == 0);
        }
    test::close_gate(*g.gate);
    CHECK(g.drains_at_once());
}

TEST_CASE("lease: the outermost given back first still lets its thread in while draining") {
    gated g;
    std::optional<lease<pair>> outer(g.handle.lease());
    std::optional<lease<pair>> inner(g.handle.lease());
    outer.reset();
    test::close_gate(*g.gate);
    CHECK_FALSE(g.drains_at_once());
    CHECK(g.handle->agrees());
    CHECK_FALSE(g.drains_at_once());
    inner.reset();
    CHECK(g.drains_at_once());
}

TEST_CASE("lease: a moved one is held once, and a self-move changes nothing") {
    gated g;
    lease<pair> first = g.handle.lease();
    lease<pair> second = std::move(first);
    CHECK(g.gate->leases() == 1);
    CHECK(&*second == &g.object);
    lease<pair>& same = second;
    second = std::move(same);
    CHECK(g.gate->leases() == 1);
    CHECK(&*second == &g.object);
    first = std::move(second);
    CHECK(g.gate->leases() == 1);
    CHECK(&*first == &g.object);
    first = g.handle.lease();
    CHECK(g.gate->leases() == 1);
}

TEST_CASE("lease: assigning gives back the one before, also that of another component") {
    gated one;
    gated two;
    lease<pair> held = one.handle.lease();
    held = two.handle.lease();
    CHECK(one.gate->leases() == 0);
    CHECK(two.gate->leases() == 1);
    CHECK(&*held == &two.object);
}

TEST_CASE("lease: it may outlive its handle") {
    gated g;
    std::optional<hotswap::handle<pair>> copy(g.handle);
    auto held = std::optional(copy->lease());
    copy.reset();
    CHECK((*held)->agrees());
    held.reset();
    CHECK(g.gate->leases() == 0);
}

TEST_CASE("lease: one component's does not hold another's gate") {
    gated one;
    gated two;
    auto const held = one.handle.lease();
    test::close_gate(*two.gate);
    CHECK(two.drains_at_once());
    CHECK_FALSE(two.gate->held_by_this_thread());
}

TEST_CASE("shared_lease: it moves between threads, and a drain waits for it") {
    gated g;
    std::optional<shared_lease<pair>> held(g.handle.share());
    CHECK_FALSE(g.gate->held_by_this_thread());
    test::close_gate(*g.gate);
    CHECK_FALSE(g.drains_at_once());
    std::thread([&g, moved = std::move(*held)]() mutable {
        CHECK(&*moved == &g.object);
        CHECK(moved->agrees());  // while the gate is closed: calls through a lease do not check the gate
        CHECK_FALSE(g.drains_at_once());
    }).join();
    CHECK(g.drains_at_once());
}

TEST_CASE("shared_lease: a moved one is held once, and a self-move changes nothing") {
    gated g;
    auto first = g.handle.share();
    auto second = std::move(first);
    CHECK(g.gate->leases() == 1);
    auto& same = second;
    second = std::move(same);
    CHECK(g.gate->leases() == 1);
    CHECK(&*second == &g.object);
    second = g.handle.share();
    CHECK(g.gate->leases() == 1);
}

TEST_CASE(
    "lease: one that its thread left behind keeps the drain waiting until another thread gives it back") {
    gated g;
    std::optional<lease<pair>> left;
    std::thread([&] { left.emplace(g.handle.lease()); }).join();
    CHECK(g.gate->leases() == 1);
    test::close_gate(*g.gate);
    CHECK_FALSE(g.drains_at_once());
    left.reset();
    CHECK(g.drains_at_once());
}

TEST_CASE("lease: several that their thread left behind are each counted, outermost and nested") {
    gated g;
    std::vector<lease<pair>> left;
    std::thread([&] {
        for (int i = 0; i != 3; ++i) left.push_back(g.handle.lease());
    }).join();
    CHECK(g.gate->leases() == 3);
    test::close_gate(*g.gate);
    left.pop_back();
    left.erase(left.begin());
    CHECK(g.gate->leases() == 1);
    CHECK_FALSE(g.drains_at_once());
    left.clear();
    CHECK(g.drains_at_once());
}

TEST_CASE("lease: many threads that end leave no count behind") {
    gated g;
    for (int i = 0; i != 50; ++i)
        std::thread([&] {
            auto const held = g.handle.lease();
            CHECK(held->agrees());
        }).join();
    CHECK(g.gate->leases() == 0);
}

namespace {

/// A thread_local of the host whose destructor still calls a component.
struct late_caller {
    gated* target = nullptr;
    bool* answered = nullptr;
    std::optional<lease<pair>>* leave_behind = nullptr;

    ~late_caller() {
        if (target == nullptr) return;
        *answered = target->handle->agrees();
        auto const nested = target->handle.lease();
        if (leave_behind != nullptr) leave_behind->emplace(target->handle.lease());
    }
};
thread_local late_caller at_thread_exit;

}  // namespace

TEST_CASE("lease: a thread_local destructor late in a thread's exit may still call") {
    gated g;
    bool answered = false;
    std::thread([&] {
        at_thread_exit.target =
            &g;  // made before the thread's first call, so destroyed after its leases are folded
        at_thread_exit.answered = &answered;
        CHECK(g.handle->agrees());
    }).join();
    CHECK(answered);
    CHECK(g.gate->leases() == 0);
    test::close_gate(*g.gate);
    CHECK(g.drains_at_once());
}

TEST_CASE(
    "lease: one that is taken late in a thread's exit and left behind is counted until it is given back") {
    gated g;
    bool answered = false;
    std::optional<lease<pair>> left;
    std::thread([&] {
        at_thread_exit.target = &g;
        at_thread_exit.answered = &answered;
        at_thread_exit.leave_behind = &left;
        CHECK(g.handle->agrees());
    }).join();
    REQUIRE(left.has_value());
    CHECK(g.gate->leases() == 1);
    left.reset();
    CHECK(g.gate->leases() == 0);
}
