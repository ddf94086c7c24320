// Replacing a running generation: swap, revert and restore.
#pragma once

#include "module/staging_area.hpp"
#include "slot/slot.hpp"
#include "swap/pause.hpp"
#include "swap/step_recorder.hpp"

#include <hotswap/base/arguments.hpp>
#include <hotswap/base/result.hpp>
#include <hotswap/swap/options.hpp>
#include <hotswap/swap/report.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace hotswap::detail {

class persistence;

/// A module that has been staged and verified, and none of whose code has run.
struct staged_module {
    staged_file file;
    module_file verified;
};

/// Copies `file`, or what `earlier` holds if that is not null, and judges the copy.
/// Errors:   those of staging and verification; contract_mismatch.
result<staged_module> stage_and_verify(staging_area& area, step_recorder& steps,
                                       std::filesystem::path const& file, std::string const& name,
                                       contract wanted, module_copy const* earlier = nullptr);

/// Loads it, also if the copy was removed since.
/// Errors:   those of `staging_area::put_back` and `loaded_module::load`.
result<std::shared_ptr<loaded_module>> load_staged(staging_area& area, staged_module next);

/// Whether the file has the content of the module that runs.
bool runs_already(slot const& in, staged_module const& next);

class rehearsals;

/// Which module comes next, and how.
struct replacement {
    std::filesystem::path file{};  ///< what is copied
    std::string name;              ///< what people know it as
    std::filesystem::path source;  ///< where it is said to come from
    hotswap::transfer transfer = hotswap::transfer::snapshot;
    pause_limits limits{};
    bool allow_loss = false;
    bool on_probation = false;
    hotswap::arguments const* arguments = nullptr;
    persistence* keeper = nullptr;  ///< where it is made durable; null: nowhere
    std::optional<hotswap::rehearse> rehearse{};
    hotswap::detail::rehearsals* rehearsals = nullptr;  ///< null: this is none that is rehearsed
    std::shared_ptr<module_copy const> copy{};          ///< copied instead of `file`, unless null
    std::vector<std::string> passed_over{};  ///< files that could have been taken, with the reason, in words
    shared_settings settings{};              ///< what is set for it; null: as for the running generation
    bool even_if_unchanged = false;          ///< also where it is the content that runs
    bool fresh_state = false;                ///< on a default state
};

/// Replaces the running generation by one of another file. The caller holds the slot's operation.
result<swap_report> replace(slot& in, staging_area& area, replacement const& by, step_recorder& steps);

/// Replaces the running generation by one of the same module on the state of a frame. The caller holds the
/// slot's operation.
result<swap_report> restore(slot& in, std::span<std::byte const> frame, restore_options const& options,
                            step_recorder& steps, persistence* keeper);

}  // namespace hotswap::detail
