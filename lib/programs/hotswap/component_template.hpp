// The files of a new component's project.
#pragma once

#include "programs/hotswap/file_changes.hpp"

#include <string>

namespace hotswap::cli {

/// Errors:   throws std::invalid_argument: `name` is no name of a namespace and of a component.
void add_component_project(file_changes& to, std::string const& name);

}  // namespace hotswap::cli
