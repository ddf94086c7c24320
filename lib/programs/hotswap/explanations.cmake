# Writes explanations.cpp: the rows of the table of codes in docs/operating.md, one for each code.
set(page "${PROJECT_SOURCE_DIR}/docs/operating.md")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${page}")
file(STRINGS "${page}" lines ENCODING UTF-8)
set(kinds "misuse|retry|bad_module|bad_state|environment|refused_by_policy")
set(rows "")
foreach(line IN LISTS lines)
    if(NOT line MATCHES "^\\| (`[a-z_`, ]+`) \\| (${kinds}) \\| (.*) \\| (.*) \\|$")
        continue()
    endif()
    set(kind "${CMAKE_MATCH_2}")
    set(why "${CMAKE_MATCH_3}")
    set(remedy "${CMAKE_MATCH_4}")
    string(REGEX MATCHALL "[a-z_]+" codes "${CMAKE_MATCH_1}")
    foreach(code IN LISTS codes)
        string(APPEND rows "    {\"${code}\", \"${kind}\", R\"~(${why})~\", R\"~(${remedy})~\"},\n")
    endforeach()
endforeach()
if(rows STREQUAL "")
    message(FATAL_ERROR "docs/operating.md has no table of codes: | `code` | kind | why | what to do |")
endif()
file(CONFIGURE OUTPUT "${CMAKE_CURRENT_BINARY_DIR}/explanations.cpp" @ONLY CONTENT [[
#include "programs/hotswap/explanations.hpp"

namespace hotswap::cli {

static constexpr explanation all[] = {
@rows@};

std::span<explanation const> explanations() noexcept { return all; }

}  // namespace hotswap::cli
]])
