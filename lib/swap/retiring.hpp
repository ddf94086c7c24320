// Letting go of a generation while callers are served.
#pragma once

#include "slot/slot.hpp"

#include <memory>

namespace hotswap::detail {

/// As `slot::retire`; the rows of its tables are freed in slices, because a large table that is freed in one piece takes
/// processor and allocator from the callers for as long as that takes.
unload_report retire_in_slices(slot& slot, std::unique_ptr<generation> old) noexcept;

/// Ends the probation in the same way: the running generation stays, and what stood by goes.
unload_report end_probation_in_slices(slot& slot) noexcept;

}  // namespace hotswap::detail
