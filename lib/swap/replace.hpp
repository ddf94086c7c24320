// Replacing a running generation: swap, revert and restore.
#pragma once

#include "durable/persistence.hpp"
#include "module/staging_area.hpp"
#include "report/step_recorder.hpp"
#include "slot/slot.hpp"
#include "transfer/replacement.hpp"
#include "transfer/staged_module.hpp"

#include <hotswap/detail/base/arguments.hpp>
#include <hotswap/failure.hpp>
#include <hotswap/options.hpp>
#include <hotswap/report.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace hotswap::detail {

/// Replaces the running generation by one of another file. The caller holds the slot's operation.
result<swap_report> replace(slot& in, staging_area& area, replacement const& by, step_recorder& steps);

/// Replaces the running generation by one of the same module on the state of a frame. The caller holds the
/// slot's operation.
result<swap_report> restore(slot& in, std::span<std::byte const> frame, restore_options const& options,
                            step_recorder& steps, persistence* keeper);

}  // namespace hotswap::detail
