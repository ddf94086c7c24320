// Memory that runs out at a chosen moment, and other faults on demand.
#pragma once

#include <cstddef>
#include <stdexcept>

namespace hotswap_test {

/// While it lives, one allocation of this thread fails: the one after `spared` others; or all from that one
/// on. The same is true of malloc.
class failing_allocation {
public:
    enum class lasting { once, for_good };
    explicit failing_allocation(std::size_t spared, lasting how = lasting::once) noexcept;
    ~failing_allocation();
    failing_allocation(failing_allocation const&) = delete;

    bool happened() const noexcept;
    /// The number of allocations that will succeed before the one that fails.
    std::size_t left() const noexcept;
};

/// Throws at one of the moments that check it: the one after `spared` others. Inactive afterwards.
class fuse {
public:
    void set(std::size_t spared) noexcept { left_ = spared + 1; }
    void defuse() noexcept { left_ = 0; }
    /// Whether it is set and has not thrown yet.
    bool burning() const noexcept { return left_ != 0; }

    void pass() {
        if (left_ != 0 && --left_ == 0) throw std::runtime_error("the fuse blew");
    }

private:
    std::size_t left_ = 0;
};

}  // namespace hotswap_test
