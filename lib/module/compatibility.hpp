// Whether a module can follow a released one, by what both files say of themselves.
#pragma once

#include <hotswap/inspect.hpp>

#include <vector>

namespace hotswap::detail {

/// What would refuse a swap from `released` to `next`, or a revert of it (a warning), the refusals first. `next` has no refusal of
/// its own.
std::vector<finding> check_against(inspection const& next, inspection const& released);

}  // namespace hotswap::detail
