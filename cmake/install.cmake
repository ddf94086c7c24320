# The files and places of `cmake --install`, in parts (COMPONENT) that are also Debian packages (cmake/packages.cmake). The shipped
# components add their own modules and contracts (plugins/). The prefix can be moved afterwards: paths among these files are relative.
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/hotswap")
set(HOTSWAP_MODULES_INSTALL_DIR "${CMAKE_INSTALL_LIBDIR}/hotswap/modules")

install(DIRECTORY include/hotswap DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT dev FILES_MATCHING PATTERN "*.hpp")
install(TARGETS hotswap hotswap_component hotswap_testing hotswap_control hotswap_pool hotswap_lint hotswap_sign hotswap_golden EXPORT hotswap-targets
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT dev
    LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT library NAMELINK_COMPONENT dev
    RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT tools)
if(HOTSWAP_BUILD_COMMAND)
    install(TARGETS hotswap_cli EXPORT hotswap-targets RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT tools)
    # The command itself writes its manual page and completions, so that they have its verbs and options.
    set(by_the_command "")
    foreach(what IN ITEMS "hotswap.1;man" "hotswap.bash;completion;bash" "_hotswap;completion;zsh" "hotswap.fish;completion;fish")
        list(POP_FRONT what file)
        add_custom_command(OUTPUT "${PROJECT_BINARY_DIR}/${file}" DEPENDS hotswap_cli
            COMMAND hotswap_cli ${what} > "${PROJECT_BINARY_DIR}/${file}")
        list(APPEND by_the_command "${PROJECT_BINARY_DIR}/${file}")
    endforeach()
    add_custom_target(hotswap_cli_documents ALL DEPENDS ${by_the_command})
    install(FILES "${PROJECT_BINARY_DIR}/hotswap.1" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1" COMPONENT tools)
    install(FILES "${PROJECT_BINARY_DIR}/hotswap.bash" RENAME hotswap COMPONENT tools
        DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
    install(FILES "${PROJECT_BINARY_DIR}/_hotswap" DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions" COMPONENT tools)
    install(FILES "${PROJECT_BINARY_DIR}/hotswap.fish" DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d" COMPONENT tools)
endif()
if(HOTSWAP_BUILD_COMMAND)
    install(TARGETS hotswap_connect EXPORT hotswap-targets RUNTIME DESTINATION "${HOTSWAP_HELPER_DIR}" COMPONENT tools)
endif()
install(TARGETS hotswap_rehearse EXPORT hotswap-targets RUNTIME DESTINATION "${HOTSWAP_HELPER_DIR}" COMPONENT library)
install(EXPORT hotswap-targets NAMESPACE hotswap:: DESTINATION "${package_dir}" COMPONENT dev)

include(cmake/hotswap_check_compiler.cmake)
hotswap_find_toolchain("${PROJECT_SOURCE_DIR}/include")
if(hotswap_toolchain STREQUAL "")
    message(FATAL_ERROR "hotswap needs g++ 12 or later, or clang++ 16 or later, with C++20:\n${hotswap_toolchain_error}")
endif()
configure_package_config_file(cmake/hotswap-config.cmake.in "${PROJECT_BINARY_DIR}/hotswap-config.cmake"
    INSTALL_DESTINATION "${package_dir}" PATH_VARS HOTSWAP_MODULES_INSTALL_DIR CMAKE_INSTALL_INCLUDEDIR)
# Before 1.0 a minor release may change the interface.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/hotswap-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES
    "${PROJECT_BINARY_DIR}/hotswap-config.cmake"
    "${PROJECT_BINARY_DIR}/hotswap-config-version.cmake"
    cmake/hotswap_add_component.cmake
    cmake/hotswap_add_golden_tests.cmake
    cmake/hotswap_check_compiler.cmake
    cmake/hotswap_contract.cmake
    cmake/hotswap_component.map
    cmake/Findhotswap_prometheus.cmake
    cmake/Findhotswap_sodium.cmake
    DESTINATION "${package_dir}" COMPONENT dev)

# The same tree of documents as here, so that their links, and messages that say "see docs/store.md", are valid.
install(FILES README.md CHANGELOG.md LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT tools)
install(DIRECTORY docs examples DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT tools)

include(cmake/pkgconfig.cmake)
include(cmake/packages.cmake)
