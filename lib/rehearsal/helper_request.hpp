// The parts of a request to a rehearsal's helper that do not depend on a running component.
#pragma once

#include "rehearsal/helper_report.hpp"
#include "rehearsal/rehearsal_wire.hpp"

#include <hotswap/detail/base/arguments.hpp>
#include <hotswap/detail/report/rehearsal.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace hotswap::detail {

/// The limits for a state of that size.
helper_limits limits_for(rehearsal_options const& options, std::uint64_t state_bytes);

/// The begin of a request by this process: who asks and when, and the limits.
wire::request begin_request(rehearsal_options const& options, helper_limits const& limits,
                            std::chrono::sys_time<std::chrono::nanoseconds> now);

/// Arguments or settings as `wire::request` has them: two lengths, name and value, for each.
std::vector<std::byte> pack_arguments(arguments const& all);

}  // namespace hotswap::detail
