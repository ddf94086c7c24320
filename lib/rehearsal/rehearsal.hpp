// A rehearsal of a swap in another process, before any code of the new module runs in this one.
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

/// The digests of the two files that a swap to `next` has loaded at the same time.
tried_pair pair_of(slot const& slot, staged_module const& next);

/// Rehearses `next` on the running state (or on the frame from the options) if a rehearsal is wanted, next to
/// the running module.
/// Effects:  closes the gate once, to copy the state. Records a module that passed. Makes a private copy
///           again in `area` if it was removed meanwhile.
/// Errors:   rehearsal_failed; no_rehearsal, if an option requests it and it is impossible; the errors of the
///           swap itself: migration_failed, validation_failed, construct_failed, bad_snapshot, drain_timeout
///           …
result<rehearsal_report> rehearse_if_wanted(slot& slot, staging_area& area, staged_module& next,
                                            replacement const& request, migration_path const& path,
                                            step_recorder& steps);

}  // namespace hotswap::detail
