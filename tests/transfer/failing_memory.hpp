// The operator new of this test executable, and of the modules that it loads, fails on a test's request.
#pragma once

#include <cstddef>

namespace hotswap_test {

/// While it lives, the `n`th allocation of this thread from now on fails, and no other.
class failing_allocation {
public:
    explicit failing_allocation(std::size_t n) noexcept;
    ~failing_allocation();
    failing_allocation(failing_allocation const&) = delete;
    failing_allocation& operator=(failing_allocation const&) = delete;

    /// Whether the allocation that fails has happened.
    bool has_failed() const noexcept;
};

}  // namespace hotswap_test
