// Calls a running component from the runtime, as a caller does.
#pragma once

#include "slot/slot.hpp"
#include "slot/thread_registry.hpp"

#include <utility>

namespace hotswap::detail {

/// Calls `f(generation&)` under a lease on the running generation, which cannot change meanwhile; false, without the call, if the
/// component is gone. Waits while the gate is closed. The call does not count for a probation.
/// Threads:  [any]
template <class F>
bool while_inside(slot& of, F&& f) {
    auto const way_in = of.gate().get();
    auto& cell = way_in->cell();
    auto const admitted = way_in->try_enter(cell, false);
    if (admitted.contract == nullptr) return false;
    struct leave {
        gate& way_in;
        lease_cell& cell;
        hold how;
        ~leave() { gate::leave(this_thread_cells.number, cell, how, way_in.index()); }
    } const at_the_end{*way_in, cell, admitted.how};
    std::forward<F>(f)(of.running());
    return true;
}

}  // namespace hotswap::detail
