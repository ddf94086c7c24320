# `cpack` makes Debian packages of a shared build configured with the prefix /usr; tools/package does both.
if(NOT BUILD_SHARED_LIBS)
    return()
endif()
set(soversion "${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}")
set(HOTSWAP_PACKAGE_MAINTAINER "hotswap's authors <hotswap@localhost>" CACHE STRING "Who made the Debian packages")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME hotswap)
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_CONTACT "${HOTSWAP_PACKAGE_MAINTAINER}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
# Modules are installed as finished files, so that this does not break their seals.
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# The place of the tools' own library while their dependencies are determined; "DEPENDS library" adds the package.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS "${PROJECT_BINARY_DIR}/lib")
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS ON)
# The release of Debian, because a package for 12 does not work on 13.
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
cmake_host_system_information(RESULT distribution QUERY DISTRIB_INFO)
if(DEFINED distribution_VERSION_ID)
    string(APPEND CPACK_DEBIAN_PACKAGE_RELEASE "~${distribution_ID}${distribution_VERSION_ID}")
endif()

set(CPACK_COMPONENTS_ALL library dev tools)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME "libhotswap${soversion}")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION
    "What hosts need at run time: the shared library, and the program that rehearses new modules.")

# Boost by the series with which the library was built, as Debian names it.
set(series "${Boost_VERSION_MAJOR}.${Boost_VERSION_MINOR}")
set(CPACK_DEBIAN_DEV_PACKAGE_NAME libhotswap-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS
    "libboost${series}-dev, libboost-json${series}-dev, libboost-serialization${series}-dev, libboost-url${series}-dev, libfmt-dev (>= 9), libsodium-dev, libssl-dev, prometheus-cpp-dev")
set(CPACK_COMPONENT_DEV_DEPENDS library tools)
set(CPACK_COMPONENT_DEV_DESCRIPTION
    "Headers, CMake package and pkg-config files, for hosts and for components.")

set(CPACK_DEBIAN_TOOLS_PACKAGE_NAME hotswap-tools)
set(CPACK_DEBIAN_TOOLS_PACKAGE_SECTION devel)
set(CPACK_COMPONENT_TOOLS_DEPENDS library)
set(CPACK_COMPONENT_TOOLS_DESCRIPTION
    "hotswap operates a running host, begins components and checks releases; with smaller commands for builds, the documents and examples.")

if(HOTSWAP_BUILD_PLUGINS)
    list(APPEND CPACK_COMPONENTS_ALL components)
    set(CPACK_DEBIAN_COMPONENTS_PACKAGE_NAME hotswap-components)
    set(CPACK_DEBIAN_COMPONENTS_PACKAGE_SECTION libs)
    set(CPACK_COMPONENT_COMPONENTS_DESCRIPTION
        "Modules of a cache, a session manager and a rate limiter, in all their releases.")
    # The cache loads SQLite itself, and only for its tier on disk.
    set(CPACK_DEBIAN_COMPONENTS_PACKAGE_RECOMMENDS "libsqlite3-0 (>= 3.35)")
    set(CPACK_DEBIAN_DEV_PACKAGE_SUGGESTS hotswap-components)
endif()

# Debian requires the licence of each package in a separate place.
set(CPACK_PRE_BUILD_SCRIPTS "${CMAKE_CURRENT_LIST_DIR}/debian_copyright.cmake")
include(CPack)
