// The checkpoints of a runtime: on demand, periodic, and the last one.
#pragma once

#include "report/event_bus.hpp"
#include "report/step_recorder.hpp"
#include "runtime/host_store.hpp"
#include "runtime/operations.hpp"
#include "runtime/periodic.hpp"
#include "runtime/registry.hpp"

#include <hotswap/detail/base/mutex.hpp>
#include <hotswap/failure.hpp>
#include <hotswap/report.hpp>
#include <hotswap/runtime.hpp>

#include <chrono>
#include <optional>

namespace hotswap::detail {

/// Threads:  [any]
class checkpoints {
public:
    /// `options` have a clock.
    checkpoints(runtime_options const& options, registry const& components, host_store& store,
                operations& all, event_bus& events, event_sink const& sink) noexcept
        : options_(options),
          components_(components),
          store_(store),
          operations_(all),
          events_(events),
          sink_(sink) {}
    checkpoints(checkpoints const&) = delete;
    checkpoints& operator=(checkpoints const&) = delete;

    /// Saves the states of all components, or of none.
    /// Errors:   other_process, no_store, those of the store and of snapshots, invalid_argument before a recovery.
    result<void> take();
    /// Starts to take a checkpoint after each period, if the options have one.
    /// Errors:   throws std::system_error if there is no thread.
    void begin_periodic();
    bool is_periodic() const noexcept { return periodic_.has_value(); }
    void end_periodic() noexcept { periodic_.reset(); }
    /// The failures since the last written checkpoint; empty: the last one was written.
    std::optional<failing_checkpoint> failing() const;

    /// Before the components are destroyed: saves their states, if there is a store whose set is in memory.
    /// Effects:  every failure is an event. False after the deadline: a thread still uses this object.
    bool take_last(std::chrono::steady_clock::time_point until) noexcept;

private:
    result<void> take_all(step_recorder& steps);
    void note_end(result<void> const& done);
    bool take_last_by(std::chrono::steady_clock::time_point until);
    void end_probations_in_store();

    runtime_options const& options_;
    registry const& components_;
    host_store& store_;
    operations& operations_;
    event_bus& events_;
    event_sink const& sink_;
    mutable mutex mutex_;
    std::optional<failing_checkpoint> failing_ HOTSWAP_GUARDED_BY(mutex_);
    std::optional<periodic> periodic_;
};

}  // namespace hotswap::detail
