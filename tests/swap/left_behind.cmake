# Modules that leave something in the process, each another thing, and the host that tests the effect. The
# libraries are found by LD_LIBRARY_PATH; the host is not linked to them.
set(HOTSWAP_LIBRARY_FIXTURES "${HOTSWAP_TEST_MODULES_DIR}/libraries")
foreach(library IN ITEMS pool pure)
    add_library(hotswap_test_${library} SHARED fixtures/libraries/${library}.cpp)
    target_compile_features(hotswap_test_${library} PRIVATE cxx_std_20)
    target_link_libraries(hotswap_test_${library} PRIVATE Threads::Threads)
    set_target_properties(hotswap_test_${library} PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${HOTSWAP_LIBRARY_FIXTURES}")
endforeach()
target_sources(hotswap_test_pool PRIVATE fixtures/libraries/pool_without_tables.cpp)
set_source_files_properties(fixtures/libraries/pool_without_tables.cpp PROPERTIES
    COMPILE_OPTIONS "-fno-exceptions;-fno-unwind-tables;-fno-asynchronous-unwind-tables")

add_swap_fixture(leaver 2.0.0 leaver.cpp)
foreach(what IN ITEMS
        key key_deleted key_early tss on_exit variable signal signal_early signal_on_load sigaction terminate unexpected new_handler resource
        atexit at_quick_exit atfork own_thread untabled_thread timer_early pool pool_early pool_key nothing_of_a_library)
    string(TOUPPER "LEAVES_${what}" definition)
    add_swap_fixture(leaver_${what} 1.0.0 leaver.cpp ${definition})
endforeach()
foreach(what IN ITEMS pool pool_early pool_key untabled_thread)
    target_link_libraries(leaver_${what}-1.0.0 PRIVATE hotswap_test_pool)
endforeach()
target_link_libraries(leaver_nothing_of_a_library-1.0.0 PRIVATE hotswap_test_pure)

# The thread sanitizer does not instrument OpenMP's library, and would report false races in it.
if(NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize=thread")
    find_package(OpenMP COMPONENTS CXX)
endif()
if(OpenMP_CXX_FOUND)
    add_swap_fixture(leaver_openmp 1.0.0 leaver.cpp LEAVES_OPENMP)
    set_target_properties(leaver_openmp-1.0.0 PROPERTIES DISABLE_PRECOMPILE_HEADERS ON)  # made without -fopenmp
    target_link_libraries(leaver_openmp-1.0.0 PRIVATE OpenMP::OpenMP_CXX)
endif()

add_executable(leaving_host programs/leaving_host.cpp)
target_include_directories(leaving_host PRIVATE "${PROJECT_SOURCE_DIR}/tests")
target_compile_definitions(leaving_host PRIVATE HOTSWAP_TEST_FIXTURES="${HOTSWAP_SWAP_FIXTURES}")
target_link_libraries(leaving_host PRIVATE hotswap::hotswap)
add_dependencies(swap_fixtures leaving_host)

target_compile_definitions(test_swap PRIVATE
    HOTSWAP_TEST_LEAVING_HOST="$<TARGET_FILE:leaving_host>" HOTSWAP_TEST_LIBRARIES="${HOTSWAP_LIBRARY_FIXTURES}"
    $<$<TARGET_EXISTS:leaver_openmp-1.0.0>:HOTSWAP_TEST_OPENMP>)
