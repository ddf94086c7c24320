#include "slot/closed_here.hpp"

#include <atomic>
#include <utility>

namespace hotswap::detail {

namespace {

constinit thread_local std::uint32_t closed_here = 0;
thread_local opening_list to_call;

std::atomic<std::uint32_t> last_number{0};

}  // namespace

void call_behind_no_gate(opening_list those) noexcept {
    if (those.is_empty()) return;
    if (closed_here == 0)
        opening_list::call(std::move(those));
    else
        to_call.add(std::move(those));
}

// The lowest bit is the seal's (slot/thread_registry.hpp). Numbers repeat after two thousand million
// closings.
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

behind_gates::~behind_gates() {
    closed_here = before_;
    if (closed_here == 0 && !to_call.is_empty()) opening_list::call(std::move(to_call));
}

}  // namespace hotswap::detail
