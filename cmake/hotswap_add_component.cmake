# Sets `result` to the reason for which `version` is no release, or to nothing. The grammar is that of Semantic Versioning 2.0.0,
# as in <hotswap/detail/base/release_text.hpp>; a test compares both with tests/module/releases.txt.
function(hotswap_why_no_release result version)
    set(number "(0|[1-9][0-9]*)")
    set(identifier "(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)")
    set(pre_release "-${identifier}(\\.${identifier})*")
    set(build "\\+[0-9A-Za-z-]+(\\.[0-9A-Za-z-]+)*")
    set(why "")
    string(LENGTH "${version}" length)
    if(NOT version MATCHES "^${number}\\.${number}\\.${number}(${pre_release})?(${build})?$")
        set(why "is a release of Semantic Versioning, such as 2.1.0, 2.1.0-rc.1 or 2.1.0+build.9, not \"${version}\"")
    elseif(length GREATER 31)
        set(why "has 31 characters at most, \"${version}\" has ${length}")
    endif()
    set(${result} "${why}" PARENT_SCOPE)
endfunction()

# hotswap_add_component(NAME VERSION x.y.z SOURCES a.cpp…
#                       [CONTRACT header…] [LIBRARIES lib…] [INCLUDES dir…] [OUTPUT_DIRECTORY dir])
#
# CONTRACT names the header of the contract that the component implements (and those of neighbours that it calls): the build
# watches the header's text, see hotswap_contract.cmake.
#
# Builds one release of a component as target and file NAME-x.y.z(.so), with every flag that makes it possible to unload it,
# and runs hotswap-lint to seal and judge the result: a module that cannot be loaded or unloaded fails the build. The file is
# written to OUTPUT_DIRECTORY, else to CMAKE_LIBRARY_OUTPUT_DIRECTORY, else to the current binary directory.
# HOTSWAP_COMPONENT(type) takes its name and release from here. One project may build several releases of one name.
#
# The seal is a digest of the finished file, so nothing may alter the file afterwards: it is linked with the install RPATH, and
# without symbols in the configurations Release and MinSizeRel. `cmake --install --strip` strips the targets of
# install(TARGETS …) and would break the seal; it does not change the files of install(PROGRAMS "$<TARGET_FILE:NAME-x.y.z>" …).
include("${CMAKE_CURRENT_LIST_DIR}/hotswap_contract.cmake")

function(hotswap_add_component name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "VERSION;OUTPUT_DIRECTORY" "SOURCES;CONTRACT;LIBRARIES;INCLUDES")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "hotswap_add_component(${name}): unknown arguments: ${arg_UNPARSED_ARGUMENTS}; write "
            "hotswap_add_component(NAME VERSION x.y.z SOURCES a.cpp… [CONTRACT a.hpp…] [LIBRARIES …] [INCLUDES …] [OUTPUT_DIRECTORY dir])")
    endif()
    if(NOT name MATCHES "^[A-Za-z_][A-Za-z0-9_-]*$")
        message(FATAL_ERROR "hotswap_add_component(${name}): a component's name is letters, digits, underscores and dashes")
    endif()
    hotswap_why_no_release(why "${arg_VERSION}")
    if(why)
        message(FATAL_ERROR "hotswap_add_component(${name}): VERSION ${why}")
    endif()
    if(NOT arg_SOURCES)
        message(FATAL_ERROR "hotswap_add_component(${name}): SOURCES is missing: the files that this release is built from")
    endif()

    if(arg_CONTRACT)
        hotswap_contract(${arg_CONTRACT})
    endif()

    set(target "${name}-${arg_VERSION}")
    set(exports "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/hotswap_component.map")
    add_library(${target} MODULE ${arg_SOURCES})
    set_target_properties(${target} PROPERTIES
        OUTPUT_NAME "${target}" PREFIX "" SUFFIX ".so" DEBUG_POSTFIX ""
        POSITION_INDEPENDENT_CODE ON
        BUILD_WITH_INSTALL_RPATH ON
        LINK_DEPENDS "${exports}")
    if(arg_OUTPUT_DIRECTORY)
        cmake_path(ABSOLUTE_PATH arg_OUTPUT_DIRECTORY BASE_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}" NORMALIZE)
        # $<1:…> keeps a multi-configuration generator from adding its own folder.
        set_target_properties(${target} PROPERTIES LIBRARY_OUTPUT_DIRECTORY "$<1:${arg_OUTPUT_DIRECTORY}>")
    endif()

    target_include_directories(${target} PRIVATE ${arg_INCLUDES})
    target_compile_definitions(${target} PRIVATE
        HOTSWAP_COMPONENT_NAME="${name}" HOTSWAP_COMPONENT_RELEASE="${arg_VERSION}")
    # As options of the target they come last, after the flags of the surrounding project.
    # A unique symbol would exist once per process: a second release would run the first one's code, and never unload.
    # Static thread-local memory is taken at each load and hardly given back: a project's -ftls-model=initial-exec is undone.
    target_compile_options(${target} PRIVATE
        $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique> -fvisibility=hidden -fvisibility-inlines-hidden -fPIC
        -ftls-model=global-dynamic)
    target_link_options(${target} PRIVATE
        "LINKER:--version-script=${exports}" "LINKER:--build-id" "LINKER:-z,now"
        "LINKER:-z,noexecstack" "$<$<CONFIG:Release,MinSizeRel>:LINKER:-s>")
    target_link_libraries(${target} PRIVATE hotswap::component ${arg_LIBRARIES})

    add_custom_command(TARGET ${target} POST_BUILD
        COMMAND hotswap::lint --seal "$<TARGET_FILE:${target}>"
        COMMENT "Sealing and linting ${target}.so" VERBATIM)
endfunction()
