// The operator new of this test executable, and of the modules that it loads, fails when a test wants it to.
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

    /// Whether that many were made.
    bool has_failed() const noexcept;
};

}  // namespace hotswap_test
