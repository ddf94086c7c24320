// What a thread of this test executable allocates: its operator new counts.
#pragma once

#include <cstddef>

namespace hotswap_test {

/// Bytes that this thread allocated while the meter lived.
class allocation_meter {
public:
    allocation_meter() noexcept;
    std::size_t largest() const noexcept;  ///< the largest single allocation
    std::size_t peak() const noexcept;     ///< the most that was allocated and not yet freed
};

}  // namespace hotswap_test
