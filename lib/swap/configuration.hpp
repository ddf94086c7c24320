// The settings of a running component, and their change.
#pragma once

#include "report/step_recorder.hpp"
#include "slot/slot.hpp"
#include "transfer/closed_gates.hpp"

#include <hotswap/failure.hpp>
#include <hotswap/report.hpp>

namespace hotswap::detail {

/// The present settings.
/// Errors:   no_settings, settings_refused (the component could not name them).
/// Threads:  a thread that holds the slot's operation.
result<settings> settings_of(slot& of);

/// Changes settings with the gate closed: all of them, or none.
/// Errors:   no_settings, settings_refused, invalid_argument, drain_timeout, aborted.
/// Threads:  a thread that holds the slot's operation.
result<configure_report> configure(slot& of, settings const& changes, pause_limits const& limits,
                                   step_recorder& steps);

}  // namespace hotswap::detail
