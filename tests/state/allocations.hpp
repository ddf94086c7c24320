// Counts the allocations of a thread: operator new of this test executable counts.
#pragma once

#include <cstddef>

namespace hotswap_test {

/// The bytes that this thread allocates while the meter lives.
class allocation_meter {
public:
    allocation_meter() noexcept;
    std::size_t largest() const noexcept;  ///< the largest single allocation
    std::size_t peak() const noexcept;     ///< the maximum of allocated bytes not yet freed
};

}  // namespace hotswap_test
