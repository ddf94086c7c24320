// Leases that are given back on a thread other than the one that took them.
#include "slot/gate_fixture.hpp"
#include "slot/rounds.hpp"
#include "slot/waiting.hpp"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <functional>
#include <latch>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using hotswap::lease;
using test::eventually;
using test::gated;
using test::pair;
using call = hotswap::handle<pair>::call;

namespace {

template <class F>
void elsewhere(F f) {
    std::thread(std::move(f)).join();
}

/// A thread that runs given tasks one after the other, and lives in between.
class servant {
public:
    template <class F>
    void does(F f) {
        auto const before = done_.load();
        {
            std::lock_guard const lock(mutex_);
            next_ = f;
        }
        asked_.fetch_add(1);
        asked_.notify_all();
        done_.wait(before);
    }
    ~servant() {
        stop_ = true;
        asked_.fetch_add(1);
        asked_.notify_all();
        thread_.join();
    }

private:
    void run() {
        for (int seen = 0;;) {
            asked_.wait(seen);
            seen = asked_;
            if (stop_) return;
            std::function<void()> what;
            {
                std::lock_guard const lock(mutex_);
                what = std::move(next_);
            }
            what();
            done_.fetch_add(1);
            done_.notify_all();
        }
    }

    std::mutex mutex_;
    std::function<void()> next_;
    std::atomic<int> asked_{0};
    std::atomic<int> done_{0};
    std::atomic<bool> stop_{false};
    std::thread thread_{[this] { run(); }};
};

}  // namespace

TEST_CASE("lease: given back on another thread it is given back, once, and its owner is outside") {
    gated g;
    servant owner;
    for (int kind = 0; kind != 3; ++kind) {
        std::optional<lease<pair>> held;
        std::optional<call> called;
        owner.does([&] {
            if (kind == 0) held.emplace(g.handle.lease());
            if (kind == 1) called.emplace(*g.gate);
            if (kind == 2) {  // the nested lease ends, the outermost stays
                auto outermost = g.handle.lease();
                called.emplace(*g.gate);
                held.emplace(std::move(outermost));
            }
        });
        CHECK(g.gate->leases() == (kind == 2 ? 2 : 1));
        called.reset();
        CHECK(g.gate->leases() == (kind == 1 ? 0 : 1));
        held.reset();
        CHECK(g.gate->leases() == 0);
        owner.does([&] {
            CHECK_FALSE(g.gate->held_by_this_thread());
            CHECK(g.handle->agrees());
        });
        CHECK(g.gate->leases() == 0);
    }
}

TEST_CASE("lease: an owner that calls again while its lease has moved away keeps what it holds itself") {
    gated g;
    servant owner;
    std::optional<call> moved;
    std::optional<call> own;
    owner.does([&] {
        moved.emplace(*g.gate);
        own.emplace(*g.gate);
    });
    CHECK(g.gate->leases() == 2);
    moved.reset();
    CHECK(g.gate->leases() == 1);
    test::close_gate(*g.gate);
    CHECK_FALSE(g.drains_at_once());
    owner.does([&] {
        CHECK(g.handle->agrees());  // inside already: the closed gate admits this thread
        own.reset();
    });
    CHECK(g.drains_at_once());
}

TEST_CASE(
    "lease: once the lease that moved away is given back, its owner waits at a closed gate as any other") {
    gated g;
    std::optional<lease<pair>> moved;
    std::latch taken(1);
    std::latch closed(1);
    pair next;
    pair const* reached = nullptr;
    std::thread owner([&] {
        moved.emplace(g.handle.lease());
        taken.count_down();
        closed.wait();
        reached = &*g.handle.lease();
    });
    taken.wait();
    test::close_gate(*g.gate);
    moved.reset();
    CHECK(g.drains_at_once());
    closed.count_down();
    CHECK(eventually([&] { return g.gate->calls_held() == 1; }));
    g.gate->open(&next);
    owner.join();
    CHECK(reached == &next);
}

TEST_CASE("lease: a call whose thread has ended is given back by the thread on which it ends") {
    gated g;
    std::optional<call> left;
    elsewhere([&] { left.emplace(*g.gate); });
    CHECK(g.gate->leases() == 1);
    test::close_gate(*g.gate);
    CHECK_FALSE(g.drains_at_once());
    left.reset();
    CHECK(g.drains_at_once());
}

TEST_CASE("lease: a new thread in the memory of one that has ended does not take its leases for its own") {
    gated g;
    int in_same_memory = 0;
    for (int i = 0; i != 20; ++i) {
        std::optional<call> left;
        hotswap::detail::lease_cell const* before = nullptr;
        elsewhere([&] {
            left.emplace(*g.gate);
            before = &g.gate->cell();
        });
        elsewhere([&] {
            if (&g.gate->cell() == before) ++in_same_memory;
            auto own = std::optional(g.handle.lease());
            CHECK(g.gate->leases() == 2);
            left.reset();
            CHECK(g.gate->leases() == 1);
            CHECK(g.gate->held_by_this_thread());
            own.reset();
            CHECK(g.gate->leases() == 0);
        });
    }
    CHECK(in_same_memory != 0);
}

namespace {

// Made before the thread's first call, so destroyed after its leases have become shared ones.
thread_local std::optional<lease<pair>> of_the_thread;

}  // namespace

TEST_CASE("lease: one in a thread_local variable is given back when its thread ends") {
    gated g;
    elsewhere([&] {
        of_the_thread.reset();
        of_the_thread.emplace(g.handle.lease());
        CHECK(g.gate->leases() == 1);
    });
    CHECK(g.gate->leases() == 0);
    test::close_gate(*g.gate);
    CHECK(g.drains_at_once());
}

TEST_CASE("lease: the place where one was taken is forgotten on whatever thread it is given back") {
    gated g;
    servant owner;
    std::optional<lease<pair>> moved;
    owner.does([&] { moved.emplace(g.handle.lease("first.cpp", 1)); });
    CHECK(g.gate->holders().find("first.cpp:1") != std::string::npos);
    moved.reset();
    owner.does([&] { moved.emplace(g.handle.lease("second.cpp", 2)); });
    CHECK(g.gate->holders().find("first.cpp") == std::string::npos);
    CHECK(g.gate->holders().find("second.cpp:2") != std::string::npos);
}

TEST_CASE("lease: a call that is watched counts once, on whatever thread it ends") {
    gated g;
    test::close_gate(*g.gate);
    g.gate->measure_calls(true);
    g.gate->open(&g.object);
    servant owner;
    std::optional<call> moved;
    owner.does([&] { moved.emplace(*g.gate); });
    CHECK(g.gate->measured_calls().calls == 0);
    moved.reset();
    CHECK(g.gate->measured_calls().calls == 1);
    CHECK(g.gate->measured_calls().errors == 0);
    elsewhere([&] { moved.emplace(*g.gate); });
    moved.reset();
    CHECK(g.gate->measured_calls().calls == 2);
    owner.does([&] {
        moved.emplace(*g.gate);
        CHECK(g.handle->agrees());  // within another lease: a caller's call ends in another way
    });
    try {
        std::optional<call> const ends_here(std::in_place, *g.gate);
        moved.reset();
        throw 1;
    } catch (int) {
    }
    CHECK(g.gate->measured_calls().calls == 4);
    CHECK(g.gate->measured_calls().errors == 1);
    CHECK(g.gate->leases() == 0);
}

namespace {

/// A place where threads leave their calls for other threads.
class exchange {
public:
    std::unique_ptr<call> swap(std::unique_ptr<call> mine, std::size_t at) {
        std::lock_guard const lock(mutex_);
        std::swap(mine, places_[at % places_.size()]);
        return mine;
    }
    void clear() {
        for (std::size_t i = 0; i != places_.size(); ++i) swap(nullptr, i);
    }

private:
    std::mutex mutex_;
    std::array<std::unique_ptr<call>, 5> places_;
};

// One thread of the storm: its calls end on other threads, calls of other threads end here, and some stay
// when it ends.
void trade(gated& g, exchange& with, std::atomic<std::uint64_t>& wrong, std::size_t seed) {
    for (std::size_t i = 0; i != 40; ++i) {
        auto mine = std::make_unique<call>(*g.gate);
        if (!(*mine)->agrees_after_a_moment()) ++wrong;
        auto const theirs = with.swap(i % 3 == 0 ? nullptr : std::move(mine), seed * 7 + i);
        if (!g.handle->agrees_after_a_moment()) ++wrong;
        if (theirs && !(*theirs)->agrees_after_a_moment()) ++wrong;
    }
}

}  // namespace

TEST_CASE("gate storm: calls that end on other threads, whose own threads end, see both fields or neither") {
    gated g;
    exchange between;
    std::atomic<std::uint64_t> wrong{0};
    std::atomic<bool> stop{false};
    std::vector<std::thread> lines;
    for (std::size_t line = 0; line != 3; ++line)
        lines.emplace_back([&, line] {
            for (std::size_t i = 0; !stop; ++i) elsewhere([&] { trade(g, between, wrong, line + i); });
        });
    for (std::uint64_t round = 1; round <= 200; ++round) {
        test::close_gate(*g.gate);
        while (!g.drains_at_once()) {
            between.clear();
            std::this_thread::yield();
        }
        g.object.first = round;
        std::atomic_signal_fence(std::memory_order_seq_cst);
        g.object.second = round;
        g.gate->open(&g.object);
        CHECK(g.handle->agrees());
    }
    stop = true;
    for (auto& line : lines) line.join();
    between.clear();
    CHECK(wrong == 0);
    CHECK(g.gate->leases() == 0);
    test::close_gate(*g.gate);
    CHECK(g.drains_at_once());
}

// The owner checks whether it is inside at the moment in which its outer lease ends: the result must still be
// true once the drain can see the owner's own mark.
TEST_CASE(
    "gate storm: a lease given back elsewhere, while its owner calls, lets no call into a gate that has "
    "drained") {
    constexpr std::uint64_t rounds = hotswap_test::rounds(20'000);
    gated g;
    std::optional<call> moved;
    std::atomic<std::uint64_t> taken{0};
    std::atomic<std::uint64_t> over{0};
    std::uint64_t wrong = 0;
    std::thread owner([&] {
        for (std::uint64_t round = 1; round <= rounds; ++round) {
            moved.emplace(*g.gate);
            taken = round;
            while (over != round)
                if (!g.handle->agrees_after_a_moment()) ++wrong;
        }
    });
    for (std::uint64_t round = 1; round <= rounds; ++round) {
        while (taken != round) std::this_thread::yield();
        test::close_gate(*g.gate);
        moved.reset();
        while (!g.gate->drained()) {
        }
        g.object.first = round;
        for (int i = 0; i != 200; ++i) std::atomic_signal_fence(std::memory_order_seq_cst);
        g.object.second = round;
        over = round;
        g.gate->open(&g.object);
    }
    owner.join();
    CHECK(wrong == 0);
    CHECK(g.gate->leases() == 0);
}
