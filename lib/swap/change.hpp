// What one component becomes.
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

/// One component's part of a transaction. The order of its functions is the order of a swap; `choose` is what the kinds of
/// changes differ in.
/// Threads:  one that holds the slot's operation.
class change {
public:
    change(slot& of, step_recorder& steps, hotswap::arguments const& arguments);
    /// Effects:  retires what is left of a generation that did not come to serve, or that served before.
    virtual ~change();
    change(change const&) = delete;
    change& operator=(change const&) = delete;

    slot& component() const noexcept { return slot_; }
    step_recorder& steps() const noexcept { return steps_; }

    /// Finds the next generation and what its state comes from, and does what can be done while callers are served. What fails
    /// here costs nothing.
    result<void> prepare(pause_limits const& limits);
    /// Nothing has to be done.
    bool is_idle() const noexcept { return report_.same_content && !state_; }
    /// Gets what the commit needs, so that it can do without memory.
    /// Errors:   throws std::bad_alloc.
    void reserve(bool on_probation);

    /// Where the callers end: whether all components among them change as well.
    /// Errors:   in_use, naming the others.
    result<void> check_neighbours(std::span<std::string const> changed);

    void gates_close() noexcept { state_->gates_close(); }
    /// Moves the state and constructs the instance.
    result<void> transfer(closed_gates& closed) { return state_->in_pause(closed, *next_); }
    /// Takes back what that did to things that the running generation has. What cannot be taken back is added to `why`.
    void undo(failure* why) noexcept;
    /// Whether a pause that failed with `why` is worth another, for this component.
    bool may_try_again(failure const& why) const noexcept { return state_->may_try_again(why); }
    /// Whether the next generation is still this change's: no code was left to itself.
    bool is_whole() const noexcept;
    result<void> prepare_again(pause_limits const& limits);

    /// Puts the next generation in place of the running one. The gates are opened when all changes have done so.
    void commit() noexcept;
    /// Everything about a new generation that others get to see. `took`: of the commit.
    void publish(closed_gates const& closed, std::size_t index, std::chrono::nanoseconds took) noexcept;

    /// What the store is to keep of it.
    durable_part part() const noexcept;
    /// After the commit: no code that moved the state runs any more.
    void end_moving();
    /// The old generation goes, or stands by, and the report is complete.
    void settle();
    swap_report& report() noexcept { return report_; }

protected:
    /// Finds the next generation, and what its state comes from, by `begin`; nothing, if what it would be runs already.
    virtual result<void> choose() = 0;
    /// Until the change is gone, callers are kept to what the running module and `next`, which is called `name`, serve; or, where
    /// the step ends them, those to come are made ready.
    /// Errors:   contract_mismatch, naming the callers whom it does not serve.
    result<void> hold_callers(implemented_contract const& next, std::string_view name, contract_step step);

    slot& slot_;
    step_recorder& steps_;
    hotswap::arguments const& arguments_;
    argument_view const view_;
    migration_path path_;
    swap_report report_;
    std::vector<std::string> notes_;  // what the report says besides what is wrong with the module
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

    std::shared_ptr<gate> const gate_ = slot_.gate().get();  // which is closed
    std::optional<revision_hold> held_callers_;
    std::optional<contract_step> contract_step_;
    std::shared_ptr<revision_callers> next_callers_;  // null: those of now go on
    bool on_probation_ = false;
    std::optional<pending_facts> pending_facts_;
    std::unique_ptr<generation> old_;
    std::size_t steps_before_pause_ = 0;
    std::chrono::steady_clock::time_point opened_at_;
    std::chrono::nanoseconds commit_took_{0};
};

}  // namespace hotswap::detail
