# Writes project_files.cpp: the files of a new component's project, as they lie in project/.
set(directory "${CMAKE_CURRENT_LIST_DIR}/project")
file(GLOB_RECURSE templates RELATIVE "${directory}" CONFIGURE_DEPENDS "${directory}/*.in")
set(entries "")
foreach(template IN LISTS templates)
    file(READ "${directory}/${template}" content)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${directory}/${template}")
    string(REGEX REPLACE "\\.in$" "" path "${template}")
    string(REPLACE "NAME_" "@NAME@_" path "${path}")
    string(REGEX REPLACE "^gitignore$" ".gitignore" path "${path}")
    string(APPEND entries "    project_file{\"${path}\", R\"~~(${content})~~\"},\n")
endforeach()
list(LENGTH templates count)
file(GENERATE OUTPUT "${CMAKE_CURRENT_BINARY_DIR}/project_files.cpp" CONTENT
"#include \"programs/hotswap/project_files.hpp\"

#include <array>

namespace hotswap::cli {

namespace {

constexpr std::array<project_file, ${count}> every_file{{
${entries}}};

}  // namespace

std::span<project_file const> project_files() noexcept { return every_file; }

}  // namespace hotswap::cli
")
