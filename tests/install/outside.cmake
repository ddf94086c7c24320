# The same program and component for both ways of using hotswap.
set(sources "${CMAKE_CURRENT_LIST_DIR}")

add_executable(outside "${sources}/outside.cpp")
target_compile_options(outside PRIVATE -Wall -Wextra -Wpedantic -Werror)
target_link_libraries(outside PRIVATE hotswap::hotswap)

# Flags that a project may have and that would harm a module.
add_compile_options(-fvisibility=default)
hotswap_add_component(visits VERSION 1.0.0 SOURCES "${sources}/visits_1.cpp")
hotswap_add_component(visits VERSION 1.10.0 SOURCES "${sources}/visits_2.cpp")
