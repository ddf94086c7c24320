// Memory for many small allocations that are about to come.
#pragma once

#include "slot/slot.hpp"

#include <cstddef>
#include <memory>

namespace hotswap::detail {

/// Has the kernel hand memory to the C library's heap, which keeps it for the next allocations of this
/// thread, one next to the other: page faults on new memory, and neighbours that lie far apart, are most of
/// the cost of rebuilding a large map.
/// Effects:  holds back the small free blocks of the heap until the end of the scope.
/// Cost:     the page faults, now; some 50 ns for each block held back. Unused memory is given back at the
///           end.
class heap_reserve {
public:
    heap_reserve() noexcept;
    ~heap_reserve();
    heap_reserve(heap_reserve const&) = delete;
    heap_reserve& operator=(heap_reserve const&) = delete;

    /// Gets about `size` bytes and holds them, so that several reserves do not get the same memory. Does
    /// nothing if there is no memory.
    /// Threads:  the thread that will allocate.
    void take(std::size_t size) noexcept;
    /// Gives the held bytes to the heap, for the next allocations.
    void release() noexcept;

private:
    class blocks;
    void take_scattered(std::size_t most) noexcept;

    std::unique_ptr<blocks> pieces_;
    std::unique_ptr<blocks> scattered_;
};

/// The heap memory that this many states of the component will need, by the last measurement.
inline std::size_t memory_of(slot const& slot, std::size_t states) noexcept {
    auto const one = slot.pauses().state_memory();
    return states * (one + one / 8);
}

}  // namespace hotswap::detail
