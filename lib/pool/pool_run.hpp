// One pool, from its decision to its record.
#pragma once

#include "pool/pool_book.hpp"
#include "pool/pool_transaction.hpp"
#include "pool/preflight.hpp"
#include "pool/source_tree.hpp"

#include <hotswap/failure.hpp>
#include <hotswap/pool.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace hotswap::detail {

/// Where pools run: the book, the manifest's directory, the options.
struct pool_site {
    pool_book& book;
    std::filesystem::path const& directory;
    pool_options const& options;
    source_tree const* tree =
        nullptr;  ///< the manifest's files as they were signed, or found; null: no manifest is applied
    std::vector<pool_record>
        waiting{};  ///< of earlier runs that did not end, and that only their host can undo

    /// Calls options.on_progress. A line that cannot be shown changes nothing.
    void tell(std::string const& line) const noexcept {
        try {
            if (options.on_progress) options.on_progress(line);
        } catch (...) {
        }
    }
};

/// Applies a pool, or says why not.
/// Errors:   pool_failed, pool_refused: the records or the backups cannot be written; the files are as they were.
result<pool_report> run_pool(pool_site const& at, found_pool const& of, std::string const& schema_version);

bool has_components(pool_intent const& of) noexcept;
/// What a run that did not end blocks.
pool_record blocking_record(pool_intent const& of);

/// Why a transaction is undone.
struct undo_reason {
    std::string words{};
    bool is_of_content = true;  ///< the pool has failed by itself: the same content is not tried again
};

/// Restores the files of a transaction, runs its closure on them, and records how that ended.
/// Errors:   pool_failed: the records cannot be written.
result<pool_report> undo(pool_site const& at, pool_transaction& of, undo_reason const& reason);

}  // namespace hotswap::detail
