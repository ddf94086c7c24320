// The components of a pool: swapped as one, together with its files, and configured then.
#pragma once

#include "pool/manifest.hpp"
#include "pool/pool_transaction.hpp"
#include "pool/source_tree.hpp"

#include <hotswap/failure.hpp>
#include <hotswap/pool.hpp>
#include <hotswap/runtime.hpp>

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace hotswap::detail {

/// Threads:  [control]
class live_part {
public:
    /// `host`: null if there is none; then only a pool without components can be applied. `tree`: the manifest's files.
    /// Lifetime: `of` and `tree` outlive it.
    live_part(runtime* host, manifest_pool const& of, std::filesystem::path directory,
              source_tree const* tree);

    bool is_empty() const noexcept { return of_.swaps.empty() && of_.settings.empty(); }
    /// Looks at what would change, and rehearses new modules. Nothing is changed.
    /// Errors:   those of `runtime::plan`; pool_refused: something that blocks a swap, a swap that could not be undone, or a setting that
    ///           there is not.
    result<void> plan(std::stop_token const& stop);

    /// What is needed to undo it, once `plan` has been called.
    std::vector<intent_swap> const& swaps() const noexcept { return swaps_; }
    std::vector<intent_settings> const& settings() const noexcept { return settings_; }
    /// The digests of all modules, also of those that run already, and the settings: what the pool consists of.
    std::string const& content() const noexcept { return content_; }
    std::chrono::nanoseconds predicted_pause() const noexcept { return predicted_pause_; }
    /// For a person.
    std::vector<std::string> const& in_words() const noexcept { return in_words_; }

    /// Swaps what does not run already; `while_closed` runs behind the closed gates, right before the commit, or at once if there is
    /// nothing to swap.
    /// Errors:   those of `runtime::swap`, and of `while_closed`: the old generations serve on.
    result<void> swap(before_commit const& while_closed, std::stop_token const& stop, pool_report& into);
    /// Errors:   those of `runtime::configure`; some settings may be changed.
    result<void> configure(std::stop_token const& stop, pool_report& into);

private:
    result<void> plan_swaps(std::stop_token const& stop);
    result<void> plan_settings();
    component_set wanted() const;
    result<void> expect_own_file(manifest_swap const& of, std::string const& digest) const;

    runtime* const host_;
    manifest_pool const& of_;
    std::filesystem::path const directory_;
    source_tree const* const tree_;
    component_set to_swap_;
    std::vector<intent_swap> swaps_;
    std::vector<intent_settings> settings_;
    std::string content_;
    std::chrono::nanoseconds predicted_pause_{0};
    std::vector<std::string> in_words_;
};

/// Undoes the live part of a transaction, as far as it was done: settings get their values before, and components that run what it has brought
/// are reverted, with the writes made since. `while_closed` as in `live_part::swap`.
/// Errors:   pool_failed: what could not be undone; then `while_closed` has not run, or has failed.
result<void> undo_live_part(runtime* host, pool_intent const& of, before_commit const& while_closed);

}  // namespace hotswap::detail
