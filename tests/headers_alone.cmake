# Every public header compiles alone: one source per header, with nothing before the #include.
file(GLOB_RECURSE headers RELATIVE "${PROJECT_SOURCE_DIR}/include" CONFIGURE_DEPENDS
    "${PROJECT_SOURCE_DIR}/include/hotswap/*.hpp")
# Those in detail/ are included by these; clang-tidy compiles each of the library's own sources alone.
list(FILTER headers EXCLUDE REGEX "^hotswap/detail/")
if(TARGET hotswap::contracts)
    file(GLOB contracts CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/plugins/*/include/hotswap/contracts/*.hpp")
    list(TRANSFORM contracts REPLACE "^.*/include/hotswap/" "hotswap/")
    list(APPEND headers ${contracts})
endif()

set(header_sources)
foreach(header IN LISTS headers)
    string(REPLACE "/" "-" stem "${header}")
    set(source "${CMAKE_CURRENT_BINARY_DIR}/headers_alone/${stem}.cpp")
    file(CONFIGURE OUTPUT "${source}" CONTENT "#include <${header}>\n#include <${header}>  // and twice\n")
    list(APPEND header_sources "${source}")
endforeach()

add_library(headers_alone OBJECT ${header_sources})
target_compile_options(headers_alone PRIVATE -O0 -g0)
target_link_libraries(headers_alone PRIVATE hotswap::hotswap $<TARGET_NAME_IF_EXISTS:hotswap::contracts>)
