# Resources that modules bring: thread-local memory in the static block, and private libraries of one SONAME.
good_module(static_block 1.0.0 static_block)
good_module(static_block 2.0.0 static_block)
# A flag that a project may set, and that hotswap_add_component undoes.
get_property(saved_options DIRECTORY PROPERTY COMPILE_OPTIONS)
add_compile_options(-ftls-model=initial-exec)
good_module(thread_local_plain 1.0.0 thread_local)
set_property(DIRECTORY PROPERTY COMPILE_OPTIONS "${saved_options}")

set(private "${modules}/private")
foreach(release IN ITEMS 1 2)
    add_library(hotswap_test_private_${release} SHARED "${fixtures}/private_library.cpp")
    target_compile_definitions(hotswap_test_private_${release} PRIVATE PRIVATE_RELEASE=${release})
    set_target_properties(hotswap_test_private_${release} PROPERTIES OUTPUT_NAME hotswap_test_private SOVERSION 1
        LIBRARY_OUTPUT_DIRECTORY "${private}/v${release}")
endforeach()
add_custom_command(TARGET hotswap_test_private_1 POST_BUILD
    COMMAND "${CMAKE_COMMAND}" -E make_directory "${private}/copy"
    COMMAND "${CMAKE_COMMAND}" -E copy "$<TARGET_FILE:hotswap_test_private_1>" "${private}/copy/libhotswap_test_private.so.1"
    VERBATIM)
function(user_of_private version library)
    good_module(private_user ${version} private_user ${ARGN})
    target_link_libraries(private_user-${version} PRIVATE hotswap_test_private_${library})
    set_target_properties(private_user-${version} PROPERTIES INSTALL_RPATH "${private}/v${library}")
endfunction()
user_of_private(1.0.0 1)
user_of_private(1.1.0 1)
user_of_private(2.0.0 2)
user_of_private(3.0.0 2 PRIVATE_NEW)
user_of_private(1.2.0 1)
set_target_properties(private_user-1.2.0 PROPERTIES INSTALL_RPATH "${private}/copy")

# A host that is linked to the library.
runtime_host(private_host)
target_link_options(private_host PRIVATE LINKER:--no-as-needed)
target_link_libraries(private_host PRIVATE hotswap_test_private_1)
target_compile_definitions(test_module PRIVATE HOTSWAP_TEST_PRIVATE_HOST="$<TARGET_FILE:private_host>")

# Releases: CMake's grammar, and files whose names differ from their release.
target_compile_definitions(test_module PRIVATE HOTSWAP_TEST_CMAKE="${CMAKE_COMMAND}")
good_module(early 1.0.0-rc.1 thrower)
good_module(early 1.0.0-rc.2 thrower)
good_module(early 1.0.0+build.9 thrower)
good_module(early 1.0.0+build.10 thrower)
good_module(early 1.0.20260115123 thrower)
good_module(early 1.1.0-1-gdeadbee thrower)
