// Many threads at one gate, which alone protects two plain fields: a fault of the gate makes the pair
// disagree, and is a race under thread sanitizer.
#include "slot/gate_fixture.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <latch>
#include <thread>
#include <vector>

using test::gated;
using test::pair;

namespace {

constexpr int callers = 3;
constexpr std::uint64_t rounds = 200;

/// Changes the pair behind the gate again and again while `call` runs on several threads; returns the number
/// of failed calls.
std::uint64_t storm(gated& g, std::function<bool(gated&)> const& call) {
    std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> wrong{0};
    std::atomic<std::uint64_t> calls{0};
    std::latch started(callers);
    std::vector<std::thread> threads;
    for (int i = 0; i != callers; ++i)
        threads.emplace_back([&] {
            started.count_down();
            for (; !stop; ++calls)
                if (!call(g)) ++wrong;
        });
    started.wait();
    for (std::uint64_t round = 1; round <= rounds; ++round) {
        test::close_gate(*g.gate);
        REQUIRE(g.drains());
        g.object.first = round;
        std::atomic_signal_fence(std::memory_order_seq_cst);  // two stores, with a moment between them
        g.object.second = round;
        std::uint64_t const before = calls;
        g.gate->open(&g.object);
        while (calls == before) std::this_thread::yield();  // no round without a call
    }
    stop = true;
    for (auto& thread : threads) thread.join();
    return wrong;
}

}  // namespace

TEST_CASE("gate storm: calls see both fields or neither") {
    gated g;
    CHECK(storm(g, [](gated& at) { return at.handle->agrees_after_a_moment(); }) == 0);
    CHECK(g.object.first == rounds);
    CHECK(g.gate->leases() == 0);
}

TEST_CASE("gate storm: a lease sees one generation, also through nested leases and calls") {
    gated g;
    CHECK(storm(g, [](gated& at) {
              auto const outer = at.handle.lease();
              std::uint64_t const before = outer->first;
              auto const inner = at.handle.lease();
              return at.handle->agrees() && inner->second == before && outer->first == before;
          }) == 0);
    CHECK(g.gate->leases() == 0);
}

TEST_CASE("gate storm: leases given back in the order they were taken in hold without a gap") {
    gated g;
    CHECK(storm(g, [](gated& at) {
              auto const second = [&at] {
                  auto const first = at.handle.lease();  // given back once the second is taken
                  return at.handle.lease();
              }();
              if (!second->agrees_after_a_moment()) return false;
              auto const third = at.handle.lease();
              return third->first == second->second;
          }) == 0);
    CHECK(g.gate->leases() == 0);
}

TEST_CASE("gate storm: shared leases hold their generation while they move to other threads") {
    gated g;
    CHECK(storm(g, [](gated& at) {
              auto held = at.handle.share();
              bool good = false;
              std::thread([&good, moved = std::move(held)] { good = moved->agrees(); }).join();
              return good;
          }) == 0);
    CHECK(g.gate->leases() == 0);
}

TEST_CASE("gate storm: threads that come and go are counted as those that stay") {
    gated g;
    CHECK(storm(g, [](gated& at) {
              bool good = false;
              std::thread([&] { good = at.handle->agrees(); }).join();
              return good;
          }) == 0);
    CHECK(g.gate->leases() == 0);
}

TEST_CASE("gate storm: two gates at once, whose callers nest one in the other, both drain") {
    gated inner;
    gated outer;
    std::atomic<bool> stop{false};
    std::thread closer([&] {
        for (std::uint64_t round = 1; !stop; ++round) {
            test::close_gate(*inner.gate);
            if (inner.drains()) {
                inner.object.first = round;
                inner.object.second = round;
            }
            inner.gate->open(&inner.object);
        }
    });
    CHECK(storm(outer, [&inner](gated& at) {
              auto const held = at.handle.lease();
              return inner.handle->agrees() && held->agrees();
          }) == 0);
    stop = true;
    closer.join();
    CHECK(inner.object.agrees());
}
