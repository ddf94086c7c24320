// Memory for what is about to be allocated in many small blocks.
#pragma once

#include "slot/slot.hpp"

#include <cstddef>
#include <memory>

namespace hotswap::detail {

/// Has the kernel hand memory to the C library's heap, which keeps it for the next allocations of this thread, one next to the
/// other: page faults on new memory, and neighbours that lie far apart, are most of what rebuilding a large map costs.
/// Effects:  what lies about in the heap in small blocks is held back until the end of the scope.
/// Cost:     the page faults, now; some 50 ns for each block that is held back. What is left is given back at the end.
class heap_reserve {
public:
    heap_reserve() noexcept;
    ~heap_reserve();
    heap_reserve(heap_reserve const&) = delete;
    heap_reserve& operator=(heap_reserve const&) = delete;

    /// Gets about `size` bytes, and holds them, so that those of several reserves are not the same. Where there is no memory
    /// nothing happens.
    /// Threads:  the one that will allocate.
    void take(std::size_t size) noexcept;
    /// From now on the heap hands them out.
    void release() noexcept;

private:
    class blocks;
    void take_scattered(std::size_t most) noexcept;

    std::unique_ptr<blocks> pieces_;
    std::unique_ptr<blocks> scattered_;
};

/// What that many states of the component will take of the heap, by the last measure.
inline std::size_t memory_of(slot const& slot, std::size_t states) noexcept {
    auto const one = slot.pauses().state_memory();
    return states * (one + one / 8);
}

}  // namespace hotswap::detail
