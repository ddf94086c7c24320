// One thread's marks on the slots whose gates it has passed: the caller's half of a lease.
//
// A caller stores a mark, and loads the gate; a swap closes the gate, and looks for marks. Each must see the
// other's store before its own load. The swap pays for that with membarrier, so that the caller needs a
// compiler barrier only. Source: Dice, Huang, Yang: "Asymmetric Dekker Synchronization" (2001);
// membarrier(2).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace hotswap::detail {

/// The largest number of components in one process, those of all runtimes together.
inline constexpr std::size_t max_slots = 512;

#if defined(__SANITIZE_THREAD__)
// Thread sanitizer knows neither fences nor membarrier: there the order is in the operations themselves.
inline constexpr std::memory_order mark_order = std::memory_order_seq_cst;
inline constexpr std::memory_order look_order = std::memory_order_seq_cst;
#else
inline constexpr std::memory_order mark_order = std::memory_order_relaxed;
inline constexpr std::memory_order look_order = std::memory_order_acquire;
#endif

struct lease_cell {
    enum : std::uint32_t { unknown, idle, held };
    /// The thread's outermost lease. `unknown` sends every call the long way: before the thread is enrolled,
    /// and always where the kernel has no membarrier. While it is `held`, only that lease writes it, on whatever thread
    /// the lease is given back; otherwise only the cell's thread does. So a plain store is enough, everywhere.
    std::atomic<std::uint32_t> outer{unknown};
    /// Leases within the outermost one, or taken the long way. Other threads give such leases back too, so it is only
    /// ever added to and subtracted from.
    std::atomic<std::uint32_t> nested{0};
};

struct thread_cells {
    lease_cell of[max_slots];
    /// The thread, by a number that no other thread of the process has had or will have: where a thread has ended, a new
    /// one often finds its cells at the same address. 0: not enrolled yet, or not any more; its leases are `shared` then.
    std::uint64_t number = 0;
};

// Constant-initialised, so that an access is an address computation and not a call. Every thread of a host has it, on its stack
// as the C library counts: with what else the library has there it stays within 4.5 KiB (tests/slot/small_stacks.cpp).
extern constinit thread_local thread_cells this_thread_cells;

/// How a lease is counted, and so how it is given back.
enum class hold : std::uint8_t {
    none,
    outer,     ///< in `lease_cell::outer`
    nested,    ///< in `lease_cell::nested`
    measured,  ///< there too, and the end of the call is measured
    shared,    ///< in the slot's atomic count
};

}  // namespace hotswap::detail
