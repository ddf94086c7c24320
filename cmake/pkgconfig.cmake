# hotswap.pc for hosts, hotswap-control.pc for those with a control interface, and hotswap-component.pc for modules, for builds without CMake.
set(pkgconfig_dir "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" OUTPUT_VARIABLE prefix_from_pc)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_FULL_LIBDIR BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}" OUTPUT_VARIABLE libdir)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_FULL_INCLUDEDIR BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}" OUTPUT_VARIABLE includedir)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_FULL_BINDIR BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}" OUTPUT_VARIABLE bindir)

# Boost has no .pc files; if it is not the system's, its directories must be named.
set(boost_cflags "")
set(boost_libs "-lboost_json -lboost_serialization")
if(NOT Boost_INCLUDE_DIRS IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
    set(boost_cflags " -isystem ${Boost_INCLUDE_DIRS}")
    get_target_property(boost_place Boost::json LOCATION)
    cmake_path(GET boost_place PARENT_PATH boost_place)
    string(PREPEND boost_libs "-L${boost_place} ")
endif()

# A program must link the dependencies of a static library; a shared library brings its own.
if(BUILD_SHARED_LIBS)
    set(requires "fmt >= 9")
    set(requires_private "libsodium")
    set(control_libs "")
else()
    set(requires "fmt >= 9, libsodium")
    set(requires_private "")
    # Before the libraries that it needs, as the linker wants it.
    set(control_libs "-lhotswap -lboost_url -lprometheus-cpp-core -lssl -lcrypto")
endif()

# clang has no such symbols, and no such flag; a variable, because the module may be built with another compiler than the package.
set(no_unique_symbols "")
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    set(no_unique_symbols "-fno-gnu-unique")
endif()

foreach(name IN ITEMS hotswap hotswap-control hotswap-component)
    configure_file("cmake/${name}.pc.in" "${PROJECT_BINARY_DIR}/${name}.pc" @ONLY)
    install(FILES "${PROJECT_BINARY_DIR}/${name}.pc" DESTINATION "${pkgconfig_dir}" COMPONENT dev)
endforeach()
