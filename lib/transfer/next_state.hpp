// What the next generation's state comes from, and how it gets there.
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

/// What every way of moving a state works with.
/// Lifetime: of the change that it belongs to.
struct move_context {
    slot& component;
    step_recorder& steps;
    migration_path const& path;
    hotswap::arguments const& arguments;
    argument_view const& view;    ///< of `arguments`
    released_instance& released;  ///< asked right before the next instance is constructed
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
    /// All that goes along is ready: the gates are about to close.
    virtual void gates_close() noexcept {}
    /// Gives `next` its state and its instance.
    /// Errors:   export_failed, migration_failed, validation_failed, release_failed,
    ///           construct_failed, out_of_memory, pause_budget_exceeded.
    /// Threads:  [quiesced]
    virtual result<void> in_pause(closed_gates&, next_generation& next) = 0;
    /// Takes back, behind the gates, what `in_pause` did to things that the running generation has.
    /// Threads:  [quiesced]
    virtual void undo(next_generation&) noexcept {}

    /// Whether a pause that failed with `why` is worth another.
    virtual bool may_try_again(failure const&) const noexcept { return false; }
    /// Makes what another pause needs.
    virtual result<void> prepare_again(pause_limits const&) { return {}; }
    /// No code that it needed runs from now on, and nothing that a writer meets.
    virtual void end(swap_report&) noexcept {}

    /// Whether the state is what the old generation's was at the pause, so that the store can have it from there.
    virtual bool comes_from_old() const noexcept { return true; }
    /// Whether another pause may use it: not a state that an instance has been constructed on already.
    virtual bool may_be_used_again() const noexcept { return true; }
    /// Whether the next generation itself comes with it, in the pause.
    virtual bool brings_generation() const noexcept { return false; }
};

}  // namespace hotswap::detail
