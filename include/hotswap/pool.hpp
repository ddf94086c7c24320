// Pools: sets of changes to files that succeed or fail as one. A pool is judged by its closure, the commands and checks that prove the
// result; if that fails, all of its files are restored and the closure runs on them again. docs/pools.md describes the manifest.
#pragma once

#include <hotswap/failure.hpp>

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
};

/// One pool, after an operation on it.
struct pool_report {
    std::string id{};
    pool_outcome outcome = pool_outcome::unchanged;
    std::string
        reason{};  ///< of an outcome that is not applied or unchanged; also what was noticed of others
    std::vector<pool_file_report> files{};
    std::string output{};  ///< of the closure that decided: its begin and its end, 64 KiB at most
    /// From the first rename to the last one: how long the files were half of one version and half of the other.
    std::chrono::nanoseconds half_visible{0};
    std::chrono::nanoseconds total{0};
};

/// A manifest, after it was applied.
struct apply_report {
    std::string schema_version{};
    std::vector<pool_report> pools{};  ///< in the manifest's order
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
    /// Called at each step with one line for a person.
    std::function<void(std::string_view)> on_progress{};
    std::stop_token stop{};  ///< requested: the pool at hand is restored, and no other one begins
};

/// Applies the manifest `directory`/index.json, whose targets lie below `directory`/src. An earlier run that did not end, because
/// its process or its machine did, is brought to its end first: what it had not completed is restored.
/// Errors:   pool_refused: the manifest, or a file that it names, cannot be applied; nothing was touched, and the message has every
///           fault with its line and column. pool_failed: the state directory cannot be used. pool_damaged: a record in it cannot be read.
/// Threads:  [control]; one operation at a time for a state directory, others wait
/// Cost:     a pool writes each of its files twice, as backup and as new content, and waits for the disk.
result<apply_report> apply_pools(std::filesystem::path const& directory, pool_options const& options = {});

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
