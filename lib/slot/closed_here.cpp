#include "slot/closed_here.hpp"

namespace hotswap::detail {

namespace {

constinit thread_local gate const* closed_here = nullptr;

}  // namespace

gate const* gate_closed_here() noexcept { return closed_here; }

behind_gate::behind_gate(gate const* which) noexcept : before_(closed_here) {
    if (which != nullptr) closed_here = which;
}

behind_gate::~behind_gate() { closed_here = before_; }

}  // namespace hotswap::detail
