#include "slot/closed_here.hpp"

#include <atomic>

namespace hotswap::detail {

namespace {

constinit thread_local std::uint32_t closed_here = 0;

std::atomic<std::uint32_t> last_number{0};

}  // namespace

// The lowest bit is the seal's (slot/thread_registry.hpp). Numbers come again after two thousand million closings.
std::uint32_t next_set_number() noexcept {
    for (;;) {
        std::uint32_t const number = last_number.fetch_add(2, std::memory_order_relaxed) + 2;
        if (number != 0) return number;
    }
}

std::uint32_t set_closed_here() noexcept { return closed_here; }

behind_gates::behind_gates(std::uint32_t set) noexcept : before_(closed_here) {
    if (set != 0) closed_here = set;
}

behind_gates::~behind_gates() { closed_here = before_; }

}  // namespace hotswap::detail
