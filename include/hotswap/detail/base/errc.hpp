// The reason for a refused operation, and its phase.
#pragma once

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>

#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

namespace hotswap {

/// Why an operation was refused. docs/operating.md says what to do for each code.
enum class errc : int {
    // Components and requests for them.
    unknown_component = 1,
    already_loaded,
    busy,
    would_deadlock,
    component_gone,
    contract_mismatch,
    invalid_argument,
    limit_reached,
    in_use,         ///< other components hold handles to the component
    other_process,  ///< in a forked child: the runtime belongs to its parent

    // Files, before any of their code has run.
    no_such_file = 20,
    not_regular_file,
    not_elf,
    wrong_architecture,
    truncated_file,
    no_descriptor,
    abi_mismatch,
    toolchain_mismatch,
    schema_mismatch,
    layout_changed,
    unique_symbols,
    staging_failed,
    /// The content differs from the sealed content, or contradicts itself.
    damaged_module,
    unsealed_module,  ///< refused by option
    lint_refused,     ///< a finding of severity `refuse`; the message names it
    untrusted_path,   ///< another user could change the file or its directory
    missing_signature,
    bad_signature,

    // The dynamic linker.
    unresolved_symbols = 40,
    load_failed,
    descriptor_changed,

    // States and paths.
    no_migration_path = 60,
    lossy_refused,
    handoff_refused,
    not_reversible,
    bad_snapshot,
    adopt_failed,

    // The gate and the steps behind it.
    drain_timeout = 80,
    pause_budget_exceeded,
    export_failed,
    migration_failed,
    validation_failed,
    construct_failed,
    out_of_memory,
    release_failed,  ///< the running component did not release its exclusive resources

    // The rehearsal in another process.
    rehearsal_failed = 100,  ///< the module crashed, hung, left something behind or used too much
    no_rehearsal,            ///< the helper is missing or cannot be run

    // The store.
    store_locked = 120,  ///< another host uses it
    store_full,
    store_read_only,
    store_failed,   ///< the system refused to read or write
    store_damaged,  ///< no part of it can be trusted to be whole
    no_store,       ///< the runtime was made without a store

    // Going back.
    rolled_back = 140,  ///< a probation failed, and the generation before serves again

    // The operator's requests.
    plan_stale = 160,  ///< something has changed since the plan that the swap was to follow
    aborted,           ///< the operation was asked to stop before it had committed
    not_permitted,     ///< the peer's role does not include the request
    no_such_verb,      ///< the control interface has no such request
    unknown_operation,
    too_many_requests,
    control_failed,    ///< the control interface, or its audit, cannot be opened, read or written
    host_unreachable,  ///< nothing answers at the control socket
    audit_damaged,     ///< a file of the audit does not end with a line of an audit
    no_settings,       ///< the component has no settings that change while it runs
    settings_refused,  ///< the component refused the settings: a name, a value, or all of them together

    // Pools.
    pool_refused = 180,  ///< the manifest, or a file that it names, cannot be applied
    pool_failed,         ///< the system refused to read or write files, backups or records
    pool_damaged,        ///< a record of the state directory cannot be understood
};

/// The kind of a code, which decides how a caller reacts.
enum class failure_kind : std::uint8_t {
    misuse,             ///< the call cannot work in this form: fix the host
    retry,              ///< the same call may succeed later
    bad_module,         ///< the module is at fault, or does not fit: build or choose another one
    bad_state,          ///< the data is at fault: the running state, a snapshot, or the stored data
    environment,        ///< the system lacks something: memory, space, rights, a program
    refused_by_policy,  ///< an option or a rule forbids it, and could allow it
};

/// The kind of a code; docs/operating.md lists it next to each.
/// Threads:  [any]
failure_kind kind_of(errc code) noexcept;

/// The name of the kind: "bad_module".
std::string_view to_string(failure_kind kind) noexcept;

/// The name of the code, as written above.
std::string_view to_string(errc code) noexcept;

/// The code of that name; empty if there is none.
/// Threads:  [any]
std::optional<errc> errc_named(std::string_view name) noexcept;

/// The category of `errc`; its id is fixed, so two copies of the library compare equal.
/// Threads:  [any]
boost::system::error_category const& error_category() noexcept;

inline boost::system::error_code make_error_code(errc code) noexcept {
    return {static_cast<int>(code), error_category()};
}

/// The steps of an operation, in the order in which a swap walks them.
enum class phase : std::uint8_t {
    none,
    stage,      ///< copy the file to a private place and hash the copy
    verify,     ///< read the copy without running any of its code
    plan,       ///< find the path
    rehearse,   ///< the import and the migration in another process
    load,       ///< dlopen, and compare the descriptor again
    precopy,    ///< copy and migrate the rows of tables while the old code serves
    drain,      ///< close the gate and wait for the last lease
    export_,    ///< serialize the state (printed as "export")
    migrate,    ///< read the state again and walk the path
    construct,  ///< make the new instance on the new state
    commit,     ///< install the new instance and open the gate
    persist,    ///< make the new set durable
    probation,  ///< watch the new generation, and revert the swap if it fails
    retire,     ///< destroy the old instance, unload the old module, prove the unload
};

/// The name of the phase: `export_` is "export".
std::string_view to_string(phase step) noexcept;

}  // namespace hotswap

template <>
struct boost::system::is_error_code_enum<hotswap::errc> : std::true_type {};
