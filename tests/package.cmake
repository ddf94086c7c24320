# Installation and use as a subdirectory are tests: an outside project does the steps of a user. Tests also follow the
# README, and build each example as a project.
function(hotswap_add_package_test folder claim)
    add_test(NAME "package: ${claim}"
        COMMAND "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/run" "${PROJECT_BINARY_DIR}" "${CMAKE_CURRENT_BINARY_DIR}/${folder}")
    set_tests_properties("package: ${claim}" PROPERTIES LABELS package TIMEOUT 900 PROCESSORS 2 COST 200)
endfunction()

foreach(way IN ITEMS install subdirectory)
    hotswap_add_package_test(${way} "an outside project uses hotswap by ${way} and swaps its own component under load")
endforeach()
hotswap_add_package_test(readme "what README.md says, pasted into an empty folder, builds and runs, by CMake and by pkg-config")
hotswap_add_package_test(first_component "docs/first-component.md, followed in an empty folder, ends with a component swapped under load")
hotswap_add_package_test(new_component "a component that the command begins, and its next version, are built, tested and swapped under load")
if(TARGET gateway_demo)
    hotswap_add_package_test(example_projects "each small example is a project that builds and runs alone")
endif()
