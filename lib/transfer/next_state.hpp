// The source of the next generation's state, and the way of moving it.
#pragma once

#include "report/step_recorder.hpp"
#include "slot/slot.hpp"
#include "transfer/closed_gates.hpp"
#include "transfer/migration_path.hpp"
#include "transfer/module_calls.hpp"
#include "transfer/next_generation.hpp"
#include "transfer/released_instance.hpp"

#include <hotswap/detail/base/arguments.hpp>
#include <hotswap/failure.hpp>
#include <hotswap/report.hpp>

namespace hotswap::detail {

/// The objects that every way of moving a state uses.
/// Lifetime: that of its change.
struct move_context {
    slot& component;
    step_recorder& steps;
    migration_path const& path;
    hotswap::arguments const& arguments;
    argument_view const& view;    ///< of `arguments`
    released_instance& released;  ///< released right before the next instance is constructed
};

/// One way of moving a state.
class next_state {
public:
    next_state() = default;
    virtual ~next_state() = default;
    next_state(next_state const&) = delete;
    next_state& operator=(next_state const&) = delete;

    /// Copies rows, gets memory and threads, while callers are served.
    /// Errors:   those of the module's code; throws std::bad_alloc, std::system_error.
    virtual result<void> before_pause(pause_limits const&) { return {}; }
    /// Every part of the transaction is ready: the gates are about to close.
    virtual void gates_close() noexcept {}
    /// Gives `next` its state and its instance.
    /// Errors:   export_failed, migration_failed, validation_failed, release_failed,
    ///           construct_failed, out_of_memory, pause_budget_exceeded.
    /// Threads:  [quiesced]
    virtual result<void> in_pause(closed_gates&, next_generation& next) = 0;
    /// Undoes, behind the gates, the effects of `in_pause` on the running generation.
    /// Threads:  [quiesced]
    virtual void undo(next_generation&) noexcept {}

    /// Whether a pause that failed with `why` is worth another.
    virtual bool may_try_again(failure const&) const noexcept { return false; }
    /// Prepares another pause.
    virtual result<void> prepare_again(pause_limits const&) { return {}; }
    /// Ends its work: from now on it runs no code of a module, and writers do nothing for it.
    virtual void end(swap_report&) noexcept {}

    /// Whether the state equals the old generation's at the pause, so that the store can take it from there.
    virtual bool comes_from_old() const noexcept { return true; }
    /// Whether another pause may use the state: false if an instance may have been constructed on it.
    virtual bool may_be_used_again() const noexcept { return true; }
    /// Whether the next generation itself comes with the state, in the pause.
    virtual bool brings_generation() const noexcept { return false; }
};

}  // namespace hotswap::detail
