// The files of a component's states: the frozen one and the next.
#pragma once

#include "programs/hotswap/component_project.hpp"
#include "programs/hotswap/file_changes.hpp"
#include "programs/hotswap/layout_probe.hpp"

#include <filesystem>
#include <string>

namespace hotswap::cli {

/// How the migrations and the class name the two states.
struct state_names {
    std::string before{};  ///< "v1::state"
    std::string next{};    ///< "v2::state"
    std::string open{};    ///< "namespace shop {\n\n" around the migrations; empty: none
    std::string close{};
    std::string qualifier{};  ///< of the migrations: "::shop::"
    std::string
        includes_from_below{};  ///< the includes of both states, for a file in a directory below the project
    std::filesystem::path moved_to{};  ///< the file of the next state, if the class's own file has the struct
};

/// Adds a check to the frozen struct, and the next version: in a file of its own, or next to the frozen one.
/// Errors:   invalid_argument, with what to do by hand.
result<state_names> add_states(file_changes& to, component_project const& of, probed_state const& state,
                               std::filesystem::path const& root);

/// The text of the class's file without the struct that it had, which is now the next state.
std::string with_next_state(std::string text, component_project const& of, state_names const& names);

}  // namespace hotswap::cli
