// Predicts the length of a pause from the size of the state.
#pragma once

#include "rehearsal/rehearsal_policy.hpp"
#include "report/step_recorder.hpp"
#include "slot/slot.hpp"
#include "transfer/closed_gates.hpp"
#include "transfer/migration_path.hpp"

#include <hotswap/failure.hpp>
#include <hotswap/plan.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace hotswap::detail {

/// The size of a state, by samples, and the time that the drain for the measurement took.
struct state_size {
    std::chrono::nanoseconds drain{0};
    std::uint64_t bytes = 0;     ///< of its serialized form
    std::uint64_t elements = 0;  ///< of its containers
};

/// Measures the running state.
/// Effects:  closes the gate for some microseconds, and while leases are out as long as the limits allow.
/// Errors:   drain_timeout, pause_budget_exceeded, export_failed.
result<state_size> measure_state(slot& slot, pause_limits const& limits);

/// Predicts the pause of a swap along `path`, as `plan` says. The times of a rehearsal count for more than
/// those of earlier swaps of the component, and these for more than the usual times.
std::chrono::nanoseconds predict_pause(slot const& slot, migration_path const& path, swap_plan const& plan,
                                       state_size size, std::optional<measured_steps> const& rehearsed);

/// Keeps the times of a pause of the component, and the size of `old`, which nothing uses any more.
void learn_from(slot& slot, swap_report const& report, generation const& old);

}  // namespace hotswap::detail
