// A swap tried out in another process, before any code of the new module runs in this one.
#pragma once

#include "rehearsal/rehearsal_policy.hpp"
#include "report/step_recorder.hpp"
#include "slot/slot.hpp"
#include "transfer/migration_path.hpp"
#include "transfer/replacement.hpp"
#include "transfer/staged_module.hpp"

#include <hotswap/detail/report/rehearsal.hpp>
#include <hotswap/failure.hpp>

namespace hotswap::detail {

/// The files that a swap to `next` has loaded at once.
tried_pair pair_of(slot const& in, staged_module const& next);

/// Rehearses `next` on the running state (or on the frame that the options name) if that is wanted, next to the running module.
/// Effects:  closes the gate once, to copy the state. A module that passed is remembered. A private copy that was removed
///           meanwhile is made anew in `area`.
/// Errors:   rehearsal_failed; no_rehearsal, if it was asked for and cannot be done; what the swap itself would be
///           refused with: migration_failed, validation_failed, construct_failed, bad_snapshot, drain_timeout …
result<rehearsal_report> rehearse_if_wanted(slot& in, staging_area& area, staged_module& next,
                                            replacement const& by, migration_path const& way,
                                            step_recorder& steps);

}  // namespace hotswap::detail
