# Components that hold a unique resource.
foreach(release IN ITEMS 1 2)
    add_swap_fixture(sole ${release}.0.0 sole.cpp SOLE=${release})
    add_swap_fixture(sole_table ${release}.0.0 sole.cpp SOLE=${release} SOLE_TABLE)
    add_swap_fixture(doorman ${release}.0.0 doorman.cpp)
endforeach()
add_swap_fixture(sole_oneway 3.0.0 sole.cpp SOLE=3)
add_swap_fixture(sole_selfish 9.0.0 sole.cpp SOLE=9)
add_swap_fixture(doorman_refusing 3.0.0 doorman.cpp DOORMAN_REFUSES)

foreach(program IN ITEMS lock_taker doorman_host)
    add_executable(${program} programs/${program}.cpp)
    target_compile_features(${program} PRIVATE cxx_std_20)
    target_include_directories(${program} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
    add_dependencies(swap_fixtures ${program})
endforeach()
target_link_libraries(doorman_host PRIVATE hotswap::hotswap)
target_compile_definitions(test_swap PRIVATE
    HOTSWAP_TEST_LOCK_TAKER="$<TARGET_FILE:lock_taker>" HOTSWAP_TEST_DOORMAN_HOST="$<TARGET_FILE:doorman_host>")
