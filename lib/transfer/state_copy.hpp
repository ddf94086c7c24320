// The running state in its serialized form, as of one moment.
#pragma once

#include "report/step_recorder.hpp"
#include "slot/slot.hpp"
#include "transfer/byte_buffer.hpp"
#include "transfer/closed_gates.hpp"

#include <hotswap/failure.hpp>

#include <chrono>

namespace hotswap::detail {

/// How long the callers were held, and how long it took to serialize the state.
struct copy_times {
    std::chrono::nanoseconds pause{0};
    std::chrono::nanoseconds exporting{0};
};

/// Appends the running state to `payload`, at the running module's own version.
/// Effects:  closes the gate while the state is serialized; a state with tables is copied while callers work,
///           and serialized from the copy.
/// Errors:   drain_timeout, pause_budget_exceeded, export_failed, migration_failed.
result<copy_times> copy_running_state(slot& slot, step_recorder& steps, pause_limits const& limits,
                                      byte_buffer& payload);

}  // namespace hotswap::detail
