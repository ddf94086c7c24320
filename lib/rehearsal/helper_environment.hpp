// The part of the host's environment that a rehearsal's helper gets, and the other differences from the host.
#pragma once

#include <hotswap/detail/report/rehearsal.hpp>

#include <string>
#include <vector>

namespace hotswap::detail {

/// "NAME=value" for each variable of this process that the helper gets.
std::vector<std::string> helper_environment(rehearsal_options const& options);

/// The end of a refusal for a module that may have missed something: the differences in a rehearsal, and the
/// remedies.
std::string what_differs(rehearsal_options const& options);

}  // namespace hotswap::detail
