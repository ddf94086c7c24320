// Where a thread's holds on slots began: for the message of a drain that does not end, and for calls that are measured.
#pragma once

#include <hotswap/detail/slot/lease_cell.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace hotswap::detail {

/// Where and when a hold began, as far as that is known. Written by its thread, read by the swap.
struct hold_site {
    std::atomic<char const*> file{nullptr};  ///< null: a call, which says nothing of itself
    std::atomic<std::uint32_t> line{0};
    std::atomic<std::int64_t> since{0};  ///< nanoseconds of the steady clock; 0: not known
    int exceptions = 0;                  ///< in flight when a measured call began; the thread's own
};

/// Those of one thread, in blocks that are made when a slot of theirs is first used: most threads use few or none, and the
/// memory of a thread itself is taken from its stack.
class hold_sites {
public:
    /// The thread's own. Null: there is no memory for it.
    hold_site* make(std::uint32_t index) noexcept;
    /// Null: it was never made.
    /// Threads:  its own; others while the thread is enrolled.
    hold_site* find(std::uint32_t index) const noexcept;
    /// When its thread ends, and no other one can find them any more.
    void clear() noexcept;

private:
    static constexpr std::size_t block_size = 64;
    struct block {
        hold_site of[block_size];
    };
    std::atomic<block*> blocks_[max_slots / block_size]{};
};

}  // namespace hotswap::detail
