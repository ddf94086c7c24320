// Pools: sets of changes to files and to the components of a running host that succeed or fail as one. A pool is judged by its closure,
// the commands and checks that prove the result; if that fails, all of it is undone and the closure runs again. docs/pools.md describes
// the manifest.
#pragma once

#include <hotswap/control.hpp>
#include <hotswap/detail/module/public_key.hpp>
#include <hotswap/failure.hpp>
#include <hotswap/report.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap {

/// What a pool does with a file that is not as the pool has left it: another program, or a person, has changed it since.
enum class pool_policy : std::uint8_t {
    try_,    ///< replaces it, keeps a copy and a diff, and says so
    skip,    ///< leaves that file as it is
    refuse,  ///< leaves the whole pool as it is
};

/// How a pool ended.
enum class pool_outcome : std::uint8_t {
    applied,
    unchanged,     ///< its files were applied before, and nothing has changed since
    restored,      ///< it failed, and its files are as they were
    skipped,       ///< nothing was tried: the reason says why
    inconsistent,  ///< it failed, and not all of its files could be restored
};

/// How the closure that follows all pools ended.
enum class final_closure_outcome : std::uint8_t { not_run, passed, failed };

/// "try", "skip" or "refuse".
std::string_view to_string(pool_policy which) noexcept;
/// "applied", "unchanged", "restored", "skipped" or "inconsistent".
std::string_view to_string(pool_outcome which) noexcept;
/// "not_run", "passed" or "failed".
std::string_view to_string(final_closure_outcome which) noexcept;

/// One file of a pool, after an operation on it.
struct pool_file_report {
    std::filesystem::path destination{};
    bool written = false;          ///< it has the content of this manifest now
    std::string modified_since{};  ///< the schema_version after which others changed it; empty: they did not
    std::filesystem::path kept{};  ///< a copy of what others had written; empty: none
    std::filesystem::path diff{};  ///< from that copy to what is there now; empty: none
    std::string
        warning{};  ///< what the change does besides, for instance to other names of the file; empty: nothing
};

/// One pool, after an operation on it.
struct pool_report {
    std::string id{};
    pool_outcome outcome = pool_outcome::unchanged;
    std::string
        reason{};  ///< of an outcome that is not applied or unchanged; also what was noticed of others
    std::vector<pool_file_report> files{};
    std::string output{};     ///< of the closure that decided: its begin and its end, 64 KiB at most
    std::uint64_t bytes = 0;  ///< that it needs on disk while it runs: the new files and the backups
    /// From the first rename to the last one: how long the files were half of one version and half of the other.
    std::chrono::nanoseconds half_visible{0};
    std::vector<swap_report> swaps{};            ///< of its components, which were swapped as one
    std::vector<configure_report> configured{};  ///< the settings that it changed
    std::chrono::nanoseconds pause{0};  ///< of the callers of these components; its renames are in it
    std::chrono::nanoseconds predicted_pause{0};
    std::vector<std::string> planned{};  ///< of a dry run: what would change, for a person
    std::chrono::nanoseconds total{0};
};

/// A manifest, after it was applied.
struct apply_report {
    std::string schema_version{};
    std::vector<pool_report> recovered{};  ///< of an earlier run that did not end, and was undone first
    std::vector<pool_report> pools{};      ///< in the manifest's order
    final_closure_outcome final_closure = final_closure_outcome::not_run;
    std::string final_reason{};  ///< of a final closure that failed
};

/// What is known of a pool from the state directory.
struct pool_status {
    std::string id{};
    pool_outcome outcome = pool_outcome::unchanged;  ///< of the last operation on it
    std::string reason{};
    std::string schema_version{};  ///< of the manifest that it was last tried with
    std::chrono::system_clock::time_point when{};
    std::vector<std::filesystem::path> destinations{};
    std::vector<std::string> components{};  ///< of a host
};

/// Options of `apply_pools`.
struct pool_options {
    std::filesystem::path state =
        "/var/lib/hotswap/pools";  ///< backups and records; one for all manifests of a machine
    bool dry_run = false;          ///< reports what would be done, and changes nothing
    bool retry = false;            ///< also tries pools that have failed with the same content
    /// How long each closure may take; its processes are ended then, and it has failed.
    std::chrono::nanoseconds closure_deadline = std::chrono::minutes(10);
    std::vector<std::string> environment{};  ///< names of variables that closures get too; see docs/pools.md
    bool keep_times =
        false;  ///< restored files get their old times of modification, which builds may overlook
    /// Whether the closure of what was undone runs again. Not at boot, where services begin after it anyway.
    bool closure_after_undo = true;
    /// Called at each step with one line for a person. Its exceptions are dropped.
    std::function<void(std::string_view)> on_progress{};
    std::stop_token stop{};  ///< requested: the pool at hand is restored, and no other one begins
    /// The host whose components the manifest swaps and configures; null: a pool that does so is skipped.
    runtime* host = nullptr;
    /// If any: a manifest is applied only if one of them has signed it and its files (`sign_pools`).
    std::vector<public_key> trusted_keys{};
    std::size_t kept_versions = 10;  ///< of manifests that were applied, for `rollback_pools`
};

/// A manifest that was applied as a whole, and is kept.
struct pool_version {
    std::string digest{};  ///< of the manifest and its files: its name
    std::string schema_version{};
    std::string description{};
    std::chrono::system_clock::time_point when{};  ///< when it was applied last
    bool is_last = false;                          ///< it was applied after all others
};

/// Applies the manifest `directory`/index.json, whose targets lie below `directory`/src. An earlier run that did not end, because
/// its process or its machine did, is brought to its end first: what it had not completed is restored.
/// Effects:  a manifest whose pools all held is kept with its files, for `rollback_pools`.
/// Errors:   pool_refused: the manifest, or a file that it names, cannot be applied; nothing was touched, and the message has every
///           fault with its line and column. pool_failed: the state directory cannot be used. pool_damaged: a record in it cannot be read.
///           aborted: a stop was requested before it began.
/// Threads:  [control]; one operation at a time for a state directory, others wait
/// Cost:     a pool writes each of its files twice, as backup and as new content, and waits for the disk.
result<apply_report> apply_pools(std::filesystem::path const& directory, pool_options const& options = {});

/// Ends a run that did not end, because its process or its machine did: what it had not completed is undone. For the start of a host, after it
/// has loaded its components, and for the boot of a machine.
/// Effects:  as the begin of `apply_pools`; the reports are of pools that were undone.
/// Errors:   pool_failed, pool_damaged.
/// Threads:  [control]
result<std::vector<pool_report>> recover_pools(pool_options const& options = {});

/// The manifests that are kept, the last one first.
/// Errors:   pool_failed, pool_damaged.
result<std::vector<pool_version>> list_pool_versions(std::filesystem::path const& state);

/// Applies a manifest that was applied before: `version` is the begin of its digest, 8 digits or more, or its
/// schema_version; empty: the last one that was applied as a whole, or the one before, if nothing was tried since.
/// Effects:  as `apply_pools` of that manifest. Files that only later manifests have stay as they are.
/// Errors:   pool_refused: there is none, or more than one; those of `apply_pools`.
/// Threads:  [control]
result<apply_report> rollback_pools(std::string_view version, pool_options const& options = {});

/// Signs `directory`/index.json and all files in `directory`/src: writes `directory`/index.json.sig.
/// Errors:   no_such_file, untrusted_path, invalid_argument: the key; pool_refused: there is no manifest; pool_failed.
/// Threads:  [any]
result<std::string> sign_pools(std::filesystem::path const& directory,
                               std::filesystem::path const& secret_key);

/// The verbs of pools for the control interface of a host: `apply`, `pool_repair`, `pool_accept` and `pool_rollback`, for admins. Closures
/// are commands that run with the rights of the host.
/// Lifetime: the runtime outlives the control interface.
std::vector<host_verb> pool_verbs(runtime& of, pool_options options = {});

/// The pools that a state directory knows.
/// Errors:   pool_failed, pool_damaged.
result<std::vector<pool_status>> list_pools(std::filesystem::path const& state);

/// Restores the files of an inconsistent pool once more, and runs its closure on them.
/// Errors:   pool_refused: it is not inconsistent; pool_failed, pool_damaged.
result<pool_report> repair_pool(std::string_view id, pool_options const& options = {});

/// Takes the files of an inconsistent pool as they are now.
/// Errors:   pool_refused: it is not inconsistent; pool_failed, pool_damaged.
result<pool_report> accept_pool(std::string_view id, pool_options const& options = {});

}  // namespace hotswap
