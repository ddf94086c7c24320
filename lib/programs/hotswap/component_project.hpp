// A component as a project has it: its releases by CMake, its class and its state by its sources, and what was released.
#pragma once

#include "programs/hotswap/source_text.hpp"

#include <hotswap/failure.hpp>
#include <hotswap/inspect.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace hotswap::cli {

/// What the user names; what is empty is found.
struct version_request {
    std::filesystem::path root{};
    std::string component{};
    std::filesystem::path source{};    ///< the file with HOTSWAP_COMPONENT
    std::filesystem::path released{};  ///< the module that was released last
};

struct component_project {
    std::string component{};
    inspection released{};
    std::filesystem::path module_source{};  ///< the file with HOTSWAP_COMPONENT
    std::filesystem::path class_source{};   ///< the file with the class; often the same
    std::string class_name{};               ///< as the macro has it, at global scope
    std::string state_type{};               ///< as the class names it: "v1::state"
    std::filesystem::path state_source{};   ///< the file with the state's struct
    text_range state{};                     ///< its definition there
    std::string state_namespaces{};         ///< around it: "shop::v1"
    std::string cmake_call{};  ///< hotswap_add_component(…) of the release; empty: CMake does not have it
};

/// Errors:   invalid_argument, with what was looked for and what to name.
result<component_project> read_project(version_request const& request);

}  // namespace hotswap::cli
