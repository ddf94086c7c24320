// The files of lib/programs/hotswap/project, with @NAME@ for the component's name; written by project_files.cmake.
#pragma once

#include <span>
#include <string_view>

namespace hotswap::cli {

struct project_file {
    std::string_view path;
    std::string_view content;
};

std::span<project_file const> project_files() noexcept;

}  // namespace hotswap::cli
