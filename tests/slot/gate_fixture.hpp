// A gate with a contract but without a module: a slot as a handle's callers see it.
#pragma once

#include "slot/closed_here.hpp"
#include "slot/thread_registry.hpp"

#include <hotswap/contract.hpp>
#include <hotswap/detail/slot/handle.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

namespace test {

/// A contract whose data only the gate protects.
struct pair {
    static constexpr hotswap::contract contract{"test.pair", 1};
    std::uint64_t first = 0;
    std::uint64_t second = 0;

    bool agrees() const { return first == second; }
    /// The same, but stays inside long enough to see a swap that does not see this caller.
    bool agrees_after_a_moment() const {
        std::uint64_t const before = first;
        for (int i = 0; i != 500; ++i) std::atomic_signal_fence(std::memory_order_seq_cst);
        return before == second;
    }
};

/// Closes one gate, as `closed_set` closes the gates of an operation, and leaves it to the test to open it.
inline void close_gate(hotswap::detail::gate& gate) noexcept {
    gate.shut(hotswap::detail::next_set_number());
    hotswap::detail::barrier_on_all_threads();
    gate.tell_draining(true);
}

struct gated {
    pair object;
    std::shared_ptr<hotswap::detail::gate> gate =
        std::make_shared<hotswap::detail::gate>("it", "test.pair", 1);
    hotswap::handle<pair> handle{gate};

    gated() { gate->open(&object); }

    bool drains() const {
        return gate->wait_until_drained(std::chrono::steady_clock::now() + std::chrono::seconds(30));
    }
    bool drains_at_once() const { return gate->wait_until_drained(std::chrono::steady_clock::now()); }
};

}  // namespace test
