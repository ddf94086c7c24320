// Retires a generation while callers are served.
#pragma once

#include "slot/slot.hpp"

#include <memory>

namespace hotswap::detail {

/// As `slot::retire`, but frees the rows of tables in slices: freeing a large table in one piece would keep
/// processor and allocator from the callers for the whole time.
unload_report retire_in_slices(slot& slot, std::unique_ptr<generation> old) noexcept;

/// Ends the probation in the same way: the running generation stays, the standby is retired.
unload_report end_probation_in_slices(slot& slot) noexcept;

}  // namespace hotswap::detail
