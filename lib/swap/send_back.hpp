// Going back to the generation that stands by while the running one is on probation.
#pragma once

#include "durable/persistence.hpp"
#include "report/step_recorder.hpp"
#include "slot/slot.hpp"

#include <hotswap/failure.hpp>
#include <hotswap/options.hpp>
#include <hotswap/report.hpp>

namespace hotswap::detail {

/// Puts the code of the generation before back to work, on the state as it is now, taken down the way that the running
/// module knows. Where that way is missing, or loses something that was not allowed, and writes may be discarded, the
/// generation before goes on with its own state, which nobody has touched since.
/// The caller holds the slot's operation, and there is a generation on standby.
/// Errors:   as `revert`.
result<swap_report> send_back(slot& in, revert_options const& options, step_recorder& steps,
                              persistence* keeper);

}  // namespace hotswap::detail
