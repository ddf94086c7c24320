// The phase before the pause in which the rows of tables are copied and migrated, the old code serving.
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

/// Lifetime: ends before the modules that it works with can be unloaded.
class precopy {
public:
    /// How often a pause that cannot be ended well is given up and tried again.
    static constexpr unsigned max_attempts = 3;

    /// For the way from the running generation of `in` to `next`, a module that may be the same.
    precopy(slot& slot, std::shared_ptr<loaded_module> next, migration_path const& path,
            argument_view const& arguments);

    /// Copies the tables, if there are any and if they can be copied so; `report().way` says.
    /// Effects:  closes the gate for as long as it takes to copy the plain fields: once, or up to three times if
    ///           leases outlast the budget.
    /// Errors:   drain_timeout, pause_budget_exceeded, export_failed, migration_failed, no_migration_path,
    ///           out_of_memory.
    result<void> run(step_recorder& steps, pause_limits const& limits);
    /// Finds out what `run` would do, and how much memory that would take.
    /// Effects:  those of `run` on the gate; nothing is copied.
    result<void> look_ahead(pause_limits const& limits);
    /// Whether all is copied, and only the end is missing.
    bool is_ready() const noexcept { return ready_; }
    /// Completes the new state behind the gate. If the copy was made with what is not so any more, this is pause
    /// to be given up and `try_again` to be asked.
    /// Errors:   busy, for that case; those of `run`.
    result<void> finish(outline const& now, owned_state& made);

    /// Whether a pause that failed with `why` is worth another, for what became of this copy.
    bool may_try_again(failure const& why) const noexcept;
    /// Makes what another pause needs.
    /// Effects:  after the last attempt with a copy, one without.
    /// Errors:   those of `run`.
    result<void> prepare_again(step_recorder& steps, pause_limits const& limits);

    /// No writer has to do with the copy afterwards.
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
    bool is_hopeless_ = false;  ///< no copy made before the pause would do
    std::string stale_;
};

}  // namespace hotswap::detail
