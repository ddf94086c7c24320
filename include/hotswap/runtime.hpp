// The one header that a host reads: load components, call them, replace them while they are called.
#pragma once

#include <hotswap/contract.hpp>
#include <hotswap/detail/abi/contract_as_built.hpp>
#include <hotswap/detail/module/policy.hpp>
#include <hotswap/detail/rehearsal/helper_of_package.hpp>
#include <hotswap/detail/report/drift.hpp>
#include <hotswap/detail/report/metrics.hpp>
#include <hotswap/detail/report/rehearsal.hpp>
#include <hotswap/detail/report/status.hpp>
#include <hotswap/detail/slot/handle.hpp>
#include <hotswap/event.hpp>
#include <hotswap/failure.hpp>
#include <hotswap/format.hpp>
#include <hotswap/inspect.hpp>
#include <hotswap/options.hpp>
#include <hotswap/plan.hpp>
#include <hotswap/report.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hotswap {

/// How a runtime follows a directory of modules.
struct watch_options {
    std::filesystem::path directory{};                                 ///< empty: `runtime_options::modules`
    std::chrono::nanoseconds settle = std::chrono::milliseconds{300};  ///< how long no file may have arrived
    swap_options swap{};  ///< of each swap; its module is the file
};

/// Options of a runtime.
struct runtime_options {
    std::filesystem::path modules = "modules";  ///< where the runtime looks for module files
    std::filesystem::path staging{};            ///< where private copies go; empty: see docs/operating.md
    level log_level = level::warning;           ///< events of this level and up go to stderr, one line each
    bool log_to_stderr = true;
    /// The components' time; empty: the system's.
    std::function<std::chrono::system_clock::time_point()> clock{};
    module_policy trust{};                        ///< which modules are accepted
    std::optional<hotswap::rehearse> rehearse{};  ///< empty: when_new, unless there is no helper program
    rehearsal_options rehearsal{};
    std::filesystem::path store{};  ///< a directory in which the components survive the process; empty: none
    /// 32 bytes that authenticate the stored data; empty: a checksum only.
    std::vector<std::byte> store_key{};
    /// How often the runtime itself calls `checkpoint`; 0: never.
    std::chrono::nanoseconds checkpoint_period{0};
    /// Signal used before an unload to check whether any thread still executes the old code; 0: no check.
    int thread_probe_signal = 0;
    /// Whether a runtime with a store writes a last checkpoint when it is destroyed; not after a refused
    /// `recover`.
    bool checkpoint_on_exit = true;
    /// How long the destructor waits for the last checkpoint, other checkpoints, and probations.
    std::chrono::nanoseconds exit_deadline = std::chrono::seconds{10};
    /// For debuggers: no module is unmapped, and private copies stay on disk, also those of dead processes.
    /// The environment variable HOTSWAP_KEEP_CODE sets it too (docs/operating.md).
    bool keep_code = false;
    /// Whether modules that arrive in a directory are swapped to: renamed into it, or closed after they were written, sealed, and
    /// signed if `trust` has keys. Never one that a probation has sent back. Events (operation `watch`) say what is ignored, and why.
    std::optional<watch_options> watch{};
};

/// The components of a host, and every operation on them.
/// Threads:  [control] for the operations: any thread but one that holds a lease on the same component. One
///           operation per component at a time: a second one is refused (busy), except that an operation
///           waits for a checkpoint or for the end of a probation, unless its thread holds a lease on another
///           component. Operations on different components run in parallel.
/// Lifetime: its destructor saves the state of every component in the store, if there is one
///           (`checkpoint_on_exit`), and unloads it; code that a lease still holds then stays mapped for
///           good. The runtime belongs to the process that made it: in a forked child its operations are
///           refused (other_process), and its destructor leaves everything unchanged.
class runtime {
public:
    /// Effects:  opens the store, if there is one; each operation that needs the store reports why it could
    ///           not be opened. Staging the first module also removes the leftovers of crashed processes.
    explicit runtime(runtime_options options = {});

    /// The same, for hosts that need the error at once: with a store, or a signal for the thread probe.
    /// Errors:   store_locked, store_damaged, store_failed, store_read_only; invalid_argument: a store_key
    ///           that has not 32 bytes, or a signal that is in use.
    /// Threads:  [control]
    [[nodiscard]] static result<runtime> open(runtime_options options);

    ~runtime();
    runtime(runtime const&) = delete;
    runtime& operator=(runtime const&) = delete;
    /// Effects:  handles stay valid. A moved-from runtime can only be destroyed, or assigned to.
    runtime(runtime&& from) noexcept;
    /// Effects:  as the destructor on its previous value.
    runtime& operator=(runtime&& from) noexcept;

    /// Loads a component: the newest release of the family `name` in the modules directory, unless the
    /// options name another.
    /// Errors:   already_loaded, contract_mismatch, invalid_argument, limit_reached; those of the file
    ///           (no_such_file, not_elf, toolchain_mismatch …), bad_snapshot, no_migration_path,
    ///           migration_failed, validation_failed, adopt_failed, construct_failed.
    /// Threads:  [control]
    template <class Contract>
    [[nodiscard]] result<handle<Contract>> load(std::string_view name, load_options const& options = {}) {
        return as_handle<Contract>(load_gate(name, detail::contract_as_built<Contract>(), options));
    }

    /// Loads a component as above, by the contract of its module: for hosts that do not know the contract, and find no
    /// handle before another component asks for one.
    /// Errors:   as above.
    /// Threads:  [control]
    [[nodiscard]] result<component_status> load(std::string_view name, load_options const& options = {});

    /// A handle to a loaded component, by any revision of its contract that the running module serves; during
    /// a swap or a probation, by those revisions that the other module serves as well.
    /// Errors:   unknown_component, contract_mismatch.
    /// Threads:  [any]
    template <class Contract>
    [[nodiscard]] result<handle<Contract>> find(std::string_view name) const {
        return as_handle<Contract>(find_gate(name, detail::contract_as_built<Contract>()));
    }

    /// Replaces the running generation of `name` by the newest release on disk, or by the module that the
    /// options name.
    /// Effects:  all or nothing; on failure the old generation continues to serve, its state untouched. If
    ///           the file has the content of the running module, nothing is done and the report says so,
    ///           unless the options force it.
    /// Errors:   unknown_component, busy, would_deadlock; those of the file; contract_mismatch,
    ///           schema_mismatch, layout_changed, no_migration_path, lossy_refused, handoff_refused;
    ///           rehearsal_failed, no_rehearsal; drain_timeout, pause_budget_exceeded, export_failed,
    ///           migration_failed, validation_failed, release_failed, construct_failed; in_use, if it would
    ///           end handles of other components.
    /// Threads:  [control]
    /// Lifetime: leases taken before the gate closed finish on the old generation.
    /// Cost:     callers wait for drain + export + migrate + construct; loading is outside the pause, and so
    ///           are the rows of tables (docs/tables.md). A rehearsal makes callers wait once more, for drain
    ///           + export.
    [[nodiscard]] result<swap_report> swap(std::string_view name, swap_options const& options = {});

    /// Swaps several components in one transaction.
    /// Effects:  all or nothing: their gates are closed and drained together, and opened together for the new
    ///           generations, or for the old ones. No call sees new code of one member with old code of
    ///           another. With a store there is one commit: after the process dies, the whole old set or the
    ///           whole new set comes back. A probation belongs to the set: a fault of one member reverts all
    ///           of them.
    /// Errors:   as `swap` of each, with the component's name in the failure; invalid_argument: no member,
    ///           one twice, or options of a member that are the set's.
    /// Threads:  [control] not from within a call or a lease on any of them.
    /// Cost:     the pause is that of all of them together.
    [[nodiscard]] result<set_report> swap(component_set const& set, set_options const& options = {});

    /// The predicted effect of `swap` of the same set: the result of `plan` for each component.
    /// Errors:   as `plan`; invalid_argument, as `swap` of a set.
    /// Threads:  [control]
    [[nodiscard]] result<set_plan> plan(component_set const& set, set_options const& options = {});

    /// Reverts a set in one transaction, each component as `revert` does it.
    /// Effects:  all or nothing. Components that are on probation together are reverted together, whether all
    ///           of them are named or not; the report is of all reverted components. Of the members only the
    ///           names count.
    /// Errors:   as `revert` of each; invalid_argument.
    /// Threads:  [control]
    [[nodiscard]] result<set_report> revert(component_set const& set, revert_options const& options = {});

    /// The predicted effect of `swap` with the same options.
    /// Effects:  none on the component, except that its gate is closed to measure its state: for some
    ///           microseconds, and while leases are held for as long as the swap would wait for them. The
    ///           file is staged, verified, rehearsed if the swap would do that, and removed. None of its code
    ///           runs in this process unless it has passed a rehearsal: then, for a state with tables, its
    ///           migrations walk the path once, without rows.
    /// Errors:   unknown_component, busy, and those of a file that cannot be read at all. Reasons to refuse
    ///           the swap are in the plan's blockers.
    /// Threads:  [control]
    [[nodiscard]] result<swap_plan> plan(std::string_view name, swap_options const& options = {});

    /// Goes back to the release before the last swap and keeps all later writes: walks the downgrade.
    /// Effects:  as `swap`, with the file that was running before, even if it was replaced on disk since. A
    ///           revert can be reverted. A swap to the content that was already running does not count.
    ///           Components that are on probation together are reverted together.
    /// Errors:   as `swap`; not_reversible if there is no generation before, or no way back to its schema; rolled_back
    ///           if a probation has sent that generation back.
    /// Threads:  [control]
    [[nodiscard]] result<swap_report> revert(std::string_view name, revert_options const& options = {});

    /// Restores an earlier snapshot under the running module.
    /// Effects:  gate, import, migrate, construct, as in a swap; all writes since the snapshot are lost, unless the
    ///           options keep the state before.
    /// Errors:   unknown_component, busy, would_deadlock, bad_snapshot, schema_mismatch, layout_changed,
    ///           no_migration_path, drain_timeout, pause_budget_exceeded, migration_failed,
    ///           validation_failed, release_failed, construct_failed.
    /// Threads:  [control]
    [[nodiscard]] result<swap_report> restore(std::string_view name, std::span<std::byte const> frame,
                                              restore_options const& options = {});

    /// The component's state as a frame, at one moment.
    /// Effects:  closes the gate while the state is serialized. A state with tables is copied while callers
    ///           continue, and serialized from the copy, so the gate is closed twice for some microseconds.
    /// Errors:   unknown_component, busy, would_deadlock, drain_timeout, export_failed, migration_failed (a table that
    ///           cannot be copied).
    /// Threads:  [control]
    [[nodiscard]] result<std::vector<std::byte>> snapshot(std::string_view name);

    /// Destroys the component and unloads its module; its state is lost, except for the data that a store
    /// keeps.
    /// Effects:  callers that wait or come later get component_gone.
    /// Errors:   unknown_component, busy, would_deadlock, drain_timeout; in_use and export_failed, unless forced; with a
    ///           store, those of writing to it.
    /// Threads:  [control]
    [[nodiscard]] result<unload_report> unload(std::string_view name, unload_options const& options = {});

    /// Each component as it runs, as the store has it, and the newest module of its family on disk.
    /// Errors:   busy, would_deadlock.
    /// Threads:  [control]
    /// Cost:     reads the newest modules.
    [[nodiscard]] result<std::vector<component_drift>> drift();

    /// Changes settings of a running component that has declared them (<hotswap/settings.hpp>), by name.
    /// Effects:  all of `changes`, or none; closes the gate for as long as the component takes. The settings are part of the
    ///           component's state, so swaps, snapshots and reverts keep them; with a store, a checkpoint follows. An event
    ///           has the changes, and components that asked by `host::on_change` are called.
    /// Errors:   no_settings, settings_refused; unknown_component, busy, would_deadlock, drain_timeout, aborted.
    /// Threads:  [control]
    [[nodiscard]] result<configure_report> configure(std::string_view name, settings const& changes,
                                                     configure_options const& options = {});

    /// The present settings of a component that has declared them, by name.
    /// Errors:   no_settings; unknown_component, busy, would_deadlock.
    /// Threads:  [control]
    [[nodiscard]] result<settings> settings_of(std::string_view name);

    /// Brings back the last committed set of the store, with its state at the last commit or checkpoint: all
    /// of it, or nothing. Call it first on a runtime with a store.
    /// Effects:  for each component, events report the time of its state, the fate of interrupted operations,
    ///           and damaged data with its replacement. A generation that was on probation when the process
    ///           died does not come back: the generation before does. If the store is empty, recovery does
    ///           nothing. After a refusal the store is unchanged and nothing can be loaded; call `recover`
    ///           again once the cause is gone, or with options.
    /// Errors:   no_store, store_locked, store_damaged, store_failed, store_read_only; already_loaded, invalid_argument;
    ///           those of `load`. The message names every component that cannot be brought back.
    /// Threads:  [control], before anything is loaded.
    [[nodiscard]] result<std::vector<component_status>> recover(recover_options const& options = {});

    /// Writes snapshots of all components to the store: all of them count, or none.
    /// Effects:  on each component those of `snapshot`, one after the other.
    /// Errors:   no_store, store_full, store_read_only, store_failed, store_locked; those of `snapshot`; invalid_argument
    ///           while the store holds a set that was not recovered.
    /// Threads:  [control]; waits for operations in progress.
    [[nodiscard]] result<void> checkpoint();

    /// The components that are loaded, by name.
    /// Threads:  [any]
    [[nodiscard]] std::vector<component_status> status() const;

    /// The counts of each component's operations since it was loaded, and its own: those of a member function `metrics()` of the
    /// component, if it has one that returns a range of names and numbers.
    /// Effects:  calls each component, as a caller does; waits while its gate is closed.
    /// Threads:  [any]
    [[nodiscard]] std::vector<component_metrics> metrics() const;

    /// What is wrong with a component, as it says itself by its `bool healthy()`; empty: nothing, or it has none.
    /// Effects:  calls the component, as a caller does; waits while its gate is closed.
    /// Errors:   unknown_component, other_process.
    /// Threads:  [any]
    [[nodiscard]] result<std::string> health(std::string_view name) const;

    /// Calls `f` for every step of every operation and every line that a component logs, until the subscription ends.
    /// Effects:  `f` is called while no gate is closed, never two calls at once, on the thread of the step.
    ///           For an event that occurs behind a gate or while `f` runs, `f` is called on the thread that
    ///           opens the gate or runs `f`. Exceptions of `f` are dropped.
    /// Threads:  [any]
    [[nodiscard("a subscription ends with the object: keep it, or detach() it")]] subscription subscribe(
        std::function<void(event const&)> f);

    /// Calls `f` after each time that the component `name` was loaded, replaced, configured or unloaded, and when its probation
    /// has ended, as `subscribe` does. A
    /// handle leads to the new generation anyway: this is for what the host has derived from the component.
    /// Effects:  `f` gets the event with which the operation ends.
    /// Threads:  [any]
    [[nodiscard("a subscription ends with the object: keep it, or detach() it")]] subscription on_change(
        std::string_view name, std::function<void(event const&)> f);

private:
    using gate_ptr = std::shared_ptr<detail::gate>;

    result<gate_ptr> load_gate(std::string_view name, contract wanted, load_options const& options);
    result<gate_ptr> find_gate(std::string_view name, contract wanted) const;

    template <class Contract>
    static result<handle<Contract>> as_handle(result<gate_ptr> found) {
        if (!found) return found.error();
        return handle<Contract>(std::move(*found));
    }

    class implementation;
    std::unique_ptr<implementation> self_;
};

}  // namespace hotswap
