// A state as a frame, for the host and for the store.
#pragma once

#include "report/step_recorder.hpp"
#include "slot/slot.hpp"

#include <hotswap/failure.hpp>
#include <hotswap/options.hpp>

#include <chrono>
#include <cstddef>
#include <vector>

namespace hotswap::detail {

/// Copies the running state into a frame.
result<std::vector<std::byte>> take_snapshot(
    slot& slot, step_recorder& steps, std::chrono::nanoseconds drain_deadline = default_drain_deadline);

/// Serializes the state of a generation that no call uses.
/// Errors:   export_failed.
result<std::vector<std::byte>> frame_of_unused(generation const& of);

}  // namespace hotswap::detail
