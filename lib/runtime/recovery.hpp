// Brings back, in a new process, the set that the process before has left in the store.
#pragma once

#include "runtime/set_recovery.hpp"

namespace hotswap::detail {

/// Loads the last committed set, and settles the operations that the end of the process before interrupted.
/// Errors:   as `runtime::recover`.
/// Threads:  [control], before anything else.
result<void> recover(recovery_site const& at, recover_options const& options, step_recorder& steps);

}  // namespace hotswap::detail
