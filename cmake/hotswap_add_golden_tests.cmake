# hotswap_add_golden_tests(NAME VERSION x.y.z DIRECTORY dir [ARGUMENTS name=value…] [SETTINGS name=value…])
#
# For each file dir/*.snapshot a test "golden: NAME-x.y.z begins with FILE": the module that hotswap_add_component(NAME VERSION x.y.z …)
# builds reads the snapshot in another process, walks all migrations, validates the state and constructs the component. A refusal fails
# the test, in words. ARGUMENTS go to the migrations, SETTINGS to the component. Files that are added later are found by the next build.
#
# Keep one snapshot of each version that was released: hotswap::testing::keep_golden, or runtime.snapshot, writes them.
function(hotswap_add_golden_tests name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "VERSION;DIRECTORY" "ARGUMENTS;SETTINGS")
    set(target "${name}-${arg_VERSION}")
    if(arg_UNPARSED_ARGUMENTS OR NOT arg_DIRECTORY)
        message(FATAL_ERROR "hotswap_add_golden_tests(${name}): write "
            "hotswap_add_golden_tests(NAME VERSION x.y.z DIRECTORY dir [ARGUMENTS name=value…] [SETTINGS name=value…])")
    endif()
    if(NOT TARGET "${target}")
        message(FATAL_ERROR "hotswap_add_golden_tests(${name}): there is no ${target}; call "
            "hotswap_add_component(${name} VERSION ${arg_VERSION} …) before")
    endif()
    cmake_path(ABSOLUTE_PATH arg_DIRECTORY BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE OUTPUT_VARIABLE directory)
    if(NOT IS_DIRECTORY "${directory}")
        message(FATAL_ERROR "hotswap_add_golden_tests(${name}): there is no directory ${directory}")
    endif()
    file(GLOB snapshots CONFIGURE_DEPENDS "${directory}/*.snapshot")
    if(NOT snapshots)
        message(STATUS "hotswap: ${directory} has no *.snapshot yet: hotswap::testing::keep_golden writes one")
    endif()
    list(TRANSFORM arg_ARGUMENTS PREPEND "--argument;")
    list(TRANSFORM arg_SETTINGS PREPEND "--setting;")
    foreach(snapshot IN LISTS snapshots)
        cmake_path(GET snapshot FILENAME file)
        add_test(NAME "golden: ${target} begins with ${file}"
            COMMAND hotswap::golden --helper "$<TARGET_FILE:hotswap::rehearse>" ${arg_ARGUMENTS} ${arg_SETTINGS}
                "$<TARGET_FILE:${target}>" "${snapshot}")
        set_tests_properties("golden: ${target} begins with ${file}" PROPERTIES LABELS golden)
    endforeach()
endfunction()
