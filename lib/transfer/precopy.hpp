// The phase before the pause that copies and migrates the rows of tables while the old code serves.
#pragma once

#include "report/step_recorder.hpp"
#include "slot/slot.hpp"
#include "transfer/closed_gates.hpp"
#include "transfer/migration_path.hpp"
#include "transfer/module_calls.hpp"
#include "transfer/table_copy.hpp"

#include <hotswap/failure.hpp>
#include <hotswap/report.hpp>

#include <chrono>
#include <cstdint>
#include <memory>

namespace hotswap::detail {

/// Lifetime: ends before its modules can be unloaded.
class precopy {
public:
    /// The most attempts at a pause that cannot complete.
    static constexpr unsigned max_attempts = 3;

    /// For the path from the running generation of `slot` to `next`, which may be the same module.
    precopy(slot& slot, std::shared_ptr<loaded_module> next, migration_path const& path,
            argument_view const& arguments);

    /// Copies the tables, if there are any and they can be copied before the pause; `report().way` says so.
    /// Effects:  closes the gate for as long as it takes to copy the plain fields: once, or up to three times if
    ///           leases outlast the budget.
    /// Errors:   drain_timeout, pause_budget_exceeded, export_failed, migration_failed, no_migration_path,
    ///           out_of_memory, aborted.
    result<void> run(step_recorder& steps, pause_limits const& limits);
    /// Predicts the effect of `run`, and the memory that it would take.
    /// Effects:  those of `run` on the gate; nothing is copied.
    result<void> look_ahead(pause_limits const& limits);
    /// Whether all rows are copied, and only `finish` is missing.
    bool is_ready() const noexcept { return ready_; }
    /// Completes the new state behind the gate. If the copy no longer fits the state, the caller gives up
    /// this pause and asks `may_try_again`.
    /// Errors:   busy, if the copy no longer fits; those of `run`.
    result<void> finish(outline const& now, owned_state& made);

    /// Whether another pause is worth it after one that failed with `why`, given the state of this copy.
    bool may_try_again(failure const& why) const noexcept;
    /// Prepares another pause.
    /// Effects:  after the last attempt with a copy, the next pause works without a copy.
    /// Errors:   those of `run`.
    result<void> prepare_again(step_recorder& steps, pause_limits const& limits);

    /// Ends the copy: writers do nothing for it afterwards.
    void end() noexcept { copy_.end(); }
    table_report& report() noexcept { return report_; }
    unsigned attempts() const noexcept { return attempts_; }

private:
    std::string obstacle() const;
    result<outline> take_outline(pause_limits const& limits);
    result<bool> begin(outline const& of);
    result<void> copy_rows(step_recorder& steps, outline const& of);
    result<void> advance_until_complete(step_recorder& steps);
    void copy_in_pause(std::string why);

    slot& in_;
    std::shared_ptr<loaded_module> next_;
    std::shared_ptr<loaded_module> migrator_;
    std::uint32_t const from_;
    std::uint32_t const to_;
    argument_view const& arguments_;
    table_copy copy_;
    table_report report_;
    unsigned attempts_ = 1;
    bool ready_ = false;
    bool spent_ = false;
    bool is_hopeless_ = false;  ///< every copy made before the pause would fail
    std::string stale_;
};

}  // namespace hotswap::detail
