// What a rehearsal's helper sees of the host's environment, and how it differs from the host otherwise.
#pragma once

#include <hotswap/detail/report/rehearsal.hpp>

#include <string>
#include <vector>

namespace hotswap::detail {

/// "NAME=value" for each variable of this process that the helper gets.
std::vector<std::string> helper_environment(rehearsal_options const& options);

/// Ends the refusal of a module that may have missed something: what is otherwise in a rehearsal, and the way out.
std::string what_differs(rehearsal_options const& options);

}  // namespace hotswap::detail
