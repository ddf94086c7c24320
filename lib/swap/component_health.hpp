// The health of a running component, as it says itself.
#pragma once

#include "slot/slot.hpp"

#include <string>

namespace hotswap::detail {

/// What is wrong, by the component's `healthy()`; empty: nothing, or it has none.
/// Effects:  calls the component under a lease, as a caller does.
/// Threads:  [any]
std::string fault_by_itself(slot& of);

}  // namespace hotswap::detail
