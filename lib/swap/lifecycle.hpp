// The operations on a slot that replace nothing: load, snapshot, unload, plan.
#pragma once

#include "durable/durability.hpp"
#include "module/staging_area.hpp"
#include "report/step_recorder.hpp"
#include "slot/slot.hpp"
#include "transfer/replacement.hpp"
#include "transfer/staged_module.hpp"

#include <hotswap/detail/slot/generation_info.hpp>
#include <hotswap/failure.hpp>
#include <hotswap/options.hpp>
#include <hotswap/plan.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace hotswap::detail {

/// The module that is loaded first.
struct first_module {
    std::filesystem::path file;    ///< the file to copy
    std::string name;              ///< its name for messages and reports
    std::filesystem::path source;  ///< the reported origin
};

/// Loads the first generation of a slot, makes it durable if there is a `durable`, and opens the gate.
/// `settings`: the host's settings for it, used instead of those in the options.
result<void> load_first(slot& slot, staging_area& area, first_module const& from, load_options const& options,
                        hotswap::settings const& settings, step_recorder& steps, durability* durable);

/// Ends a slot: its gate stays closed for good. `force`: also if its state cannot be written.
result<unload_report> unload(slot& slot, step_recorder& steps, durability* durable, bool force);

/// Predicts a replacement. Code of the new module runs only for a state with tables: its migrations, without
/// rows.
result<swap_plan> make_plan(slot& slot, staging_area& area, replacement const& request, step_recorder& steps);

}  // namespace hotswap::detail
