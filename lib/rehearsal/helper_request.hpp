// The parts of a request to a rehearsal's helper that do not depend on a running component.
#pragma once

#include "rehearsal/helper_report.hpp"

#include <hotswap/detail/base/arguments.hpp>
#include <hotswap/detail/report/rehearsal.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hotswap::detail {

/// The limits for a state of that size.
helper_limits limits_for(rehearsal_options const& options, std::uint64_t state_bytes);

/// Arguments or settings as `wire::request` has them: two lengths, name and value, for each.
std::vector<std::byte> pack_arguments(arguments const& all);

}  // namespace hotswap::detail
