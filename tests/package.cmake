# Being installed and being a subdirectory are tests: an outside project does what a user would do with either.
foreach(way IN ITEMS install subdirectory)
    add_test(NAME "package: an outside project uses hotswap by ${way} and swaps its own component under load"
        COMMAND "${CMAKE_CURRENT_SOURCE_DIR}/${way}/run" "${PROJECT_BINARY_DIR}" "${CMAKE_CURRENT_BINARY_DIR}/${way}")
    set_tests_properties("package: an outside project uses hotswap by ${way} and swaps its own component under load"
        PROPERTIES LABELS package TIMEOUT 900 PROCESSORS 2 COST 200)
endforeach()
