// One thread's marks on the slots whose gates it has passed: the caller's half of a lease.
//
// A caller stores a mark and then loads the gate; a swap closes the gate and then looks for marks. Each must
// see the other's store before its own load. The swap pays for this order with membarrier, so the caller
// needs only a compiler barrier. Source: Dice, Huang, Yang: "Asymmetric Dekker Synchronization" (2001);
// membarrier(2).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace hotswap::detail {

/// The largest number of components in one process, over all runtimes.
inline constexpr std::size_t max_slots = 512;

#if defined(__SANITIZE_THREAD__)
// Thread sanitizer supports neither fences nor membarrier: with it the operations themselves are ordered.
inline constexpr std::memory_order mark_order = std::memory_order_seq_cst;
inline constexpr std::memory_order look_order = std::memory_order_seq_cst;
#else
inline constexpr std::memory_order mark_order = std::memory_order_relaxed;
inline constexpr std::memory_order look_order = std::memory_order_acquire;
#endif

struct lease_cell {
    enum : std::uint32_t { unknown, idle, held };
    /// The thread's outermost lease. `unknown` sends every call the slow way: before the thread is enrolled,
    /// and always if the kernel has no membarrier. While it is `held`, only that lease writes it, on any
    /// thread that gives the lease back; otherwise only the cell's thread does. So a plain store is enough,
    /// everywhere.
    std::atomic<std::uint32_t> outer{unknown};
    /// Leases within the outermost one, or taken the slow way. Other threads give such leases back too, so
    /// the count only changes by atomic addition and subtraction.
    std::atomic<std::uint32_t> nested{0};
};

struct thread_cells {
    lease_cell of[max_slots];
    /// A number for the thread that no other thread of the process has had or will have: after a thread has
    /// ended, a new one often gets its cells at the same address. 0: not enrolled yet, or not any more; its
    /// leases are then `shared`.
    std::uint64_t number = 0;
};

// Constant-initialised, so an access is an address computation and not a call. Every thread of a host has
// this object, and the C library places it on the thread's stack: together with the library's other
// thread-locals it stays within 4.5 KiB (tests/slot/small_stacks.cpp).
extern constinit thread_local thread_cells this_thread_cells;

/// The way a lease is counted, and so the way to give it back.
enum class hold : std::uint8_t {
    none,
    outer,     ///< in `lease_cell::outer`
    nested,    ///< in `lease_cell::nested`
    measured,  ///< there too, and the end of the call is measured
    shared,    ///< in the slot's atomic count
};

}  // namespace hotswap::detail
