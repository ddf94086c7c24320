// The change of one component.
#pragma once

#include "durable/durability.hpp"
#include "report/step_recorder.hpp"
#include "slot/slot.hpp"
#include "swap/ending_callers.hpp"
#include "transfer/closed_gates.hpp"
#include "transfer/migration_path.hpp"
#include "transfer/next_generation.hpp"
#include "transfer/next_state.hpp"

#include <hotswap/detail/base/arguments.hpp>
#include <hotswap/failure.hpp>
#include <hotswap/report.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::detail {

/// One component's part of a transaction. The order of its functions is the order of a swap; the kinds of
/// changes differ in `choose`.
/// Threads:  a thread that holds the slot's operation.
class change {
public:
    change(slot& of, step_recorder& steps, hotswap::arguments const& arguments);
    /// Effects:  retires a next generation that did not come to serve, or the old one if it is still there.
    virtual ~change();
    change(change const&) = delete;
    change& operator=(change const&) = delete;

    slot& component() const noexcept { return slot_; }
    step_recorder& steps() const noexcept { return steps_; }

    /// Finds the next generation and the source of its state, and does the work that is possible while
    /// callers are served. A failure here costs nothing.
    result<void> prepare(pause_limits const& limits);
    /// Whether there is nothing to do.
    bool is_idle() const noexcept { return report_.same_content && !state_; }
    /// Gets the memory for the commit, which then needs no more.
    /// Errors:   throws std::bad_alloc.
    void reserve(bool on_probation);

    /// Checks, if the change ends its callers, that all components among them change as well.
    /// Errors:   in_use, naming the others.
    result<void> check_neighbours(std::span<std::string const> changed);

    void gates_close() noexcept { state_->gates_close(); }
    /// Moves the state and constructs the instance.
    result<void> transfer(closed_gates& closed) { return state_->in_pause(closed, *next_); }
    /// Undoes the effects of `transfer` on the running generation. Adds to `why` if that fails.
    void undo(failure* why) noexcept;
    /// Whether another pause is worth it for this component after one that failed with `why`.
    bool may_try_again(failure const& why) const noexcept { return state_->may_try_again(why); }
    /// Whether this change still owns the next generation: no work was abandoned.
    bool is_whole() const noexcept;
    result<void> prepare_again(pause_limits const& limits);

    /// Puts the next generation in place of the running one. The gates open after the commits of all changes.
    void commit() noexcept;
    /// Publishes the facts about the new generation. `took`: the time of the commit.
    void publish(closed_gates const& closed, std::size_t index, std::chrono::nanoseconds took) noexcept;

    /// The part of this change that the store keeps.
    durable_part part() const noexcept;
    /// Ends the move of the state after the commit: none of its code runs any more.
    void end_moving();
    /// Retires the old generation, or puts it on standby, and completes the report.
    void settle();
    swap_report& report() noexcept { return report_; }

protected:
    /// Called after the commit, when callers are served by the next generation and none is in `old`.
    virtual void take_leave_of(generation const& old) { static_cast<void>(old); }
    /// Finds the next generation, and the source of its state; does nothing if the same content runs already.
    virtual result<void> choose() = 0;
    /// Until the end of the change, admits only new callers that the running module and `next`, called
    /// `name`, both serve; or, if the step ends the callers, prepares the next ones.
    /// Errors:   contract_mismatch, naming the callers that `next` does not serve.
    result<void> hold_callers(implemented_contract const& next, std::string_view name, contract_step step);

    slot& slot_;
    step_recorder& steps_;
    hotswap::arguments const& arguments_;
    argument_view const view_;
    migration_path path_;
    swap_report report_;
    std::vector<std::string> notes_;  // warnings of the report that are not about the module
    released_instance released_{slot_, steps_};
    move_context const context_;
    std::optional<next_generation> next_;
    std::unique_ptr<next_state> state_;

    std::vector<std::string> all_warnings(module_file const& about) const;

private:
    void let_go_of_old() noexcept;
    void free_used_up() noexcept;
    void complete_report();

    void drop_next_callers() noexcept;

    std::shared_ptr<gate> const gate_ = slot_.gate().get();  // the gate that closes
    std::optional<revision_hold> held_callers_;
    std::optional<contract_step> contract_step_;
    std::shared_ptr<revision_callers> next_callers_;  // null: the present callers stay
    bool on_probation_ = false;
    std::optional<pending_facts> pending_facts_;
    std::unique_ptr<generation> old_;
    std::size_t steps_before_pause_ = 0;
    std::chrono::steady_clock::time_point opened_at_;
    std::chrono::nanoseconds commit_took_{0};
};

}  // namespace hotswap::detail
