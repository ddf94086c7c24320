// The files of a component's next version.
#pragma once

#include "programs/hotswap/component_project.hpp"
#include "programs/hotswap/file_changes.hpp"
#include "programs/hotswap/layout_probe.hpp"

#include <filesystem>

namespace hotswap::cli {

/// Adds the frozen state, the next one, the migrations, the next release, its lines for CMake, and the golden snapshot.
/// Errors:   invalid_argument: a source is not of a form that can be taken further, with what to do by hand.
result<void> add_next_version(file_changes& to, component_project const& of, probed_state const& state,
                              std::filesystem::path const& root);

/// An expression for a value of the project's state: its `sample()`, if there is one next to it.
std::string value_of_state(component_project const& of);

}  // namespace hotswap::cli
