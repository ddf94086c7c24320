// Where a thread's holds on slots began: for the message of a drain that does not end, and for measured
// calls.
#pragma once

#include <hotswap/detail/slot/lease_cell.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace hotswap::detail {

/// Where and when a hold began, as far as known. Written by its thread, read by the swap.
struct hold_site {
    std::atomic<char const*> file{nullptr};  ///< null: a call, which leaves no site
    std::atomic<std::uint32_t> line{0};
    std::atomic<std::int64_t> since{0};  ///< nanoseconds of the steady clock; 0: not known
    int exceptions = 0;                  ///< in flight when a measured call began; used only by the thread
};

/// The hold sites of one thread, in blocks that are made when a slot of the block is first used: most threads
/// use few or none, and thread-local memory is taken from the thread's stack.
class hold_sites {
public:
    /// The site of the calling thread, made if needed. Null: there is no memory.
    hold_site* make(std::uint32_t index) noexcept;
    /// Null: it was never made.
    /// Threads:  the owner; others while the owner is enrolled.
    hold_site* find(std::uint32_t index) const noexcept;
    /// Frees all sites when their thread ends, and no other thread can find them any more.
    void clear() noexcept;

private:
    static constexpr std::size_t block_size = 64;
    struct block {
        hold_site of[block_size];
    };
    std::atomic<block*> blocks_[max_slots / block_size]{};
};

}  // namespace hotswap::detail
