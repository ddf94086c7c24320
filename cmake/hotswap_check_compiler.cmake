# Host, modules and package share objects of the C++ standard library, so all three must have the same ABI of it. This check runs while a
# project is configured, with its compiler and its CMAKE_CXX_FLAGS; hotswap-lint checks the flags that one target adds.

# hotswap_find_toolchain(INCLUDE_DIRECTORY): sets hotswap_toolchain to the compiler's description from
# hotswap/detail/abi/toolchain.hpp, or to nothing and hotswap_toolchain_error to the compiler's message. It compiles once for each
# compiler and flags.
function(hotswap_find_toolchain include_directory)
    set(asked "${CMAKE_CXX_COMPILER} ${CMAKE_CXX_COMPILER_VERSION} ${CMAKE_CXX_FLAGS} ${include_directory}")
    if(NOT HOTSWAP_TOOLCHAIN_ASKED STREQUAL asked)
        set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
        set(compiled "${CMAKE_BINARY_DIR}/CMakeFiles/hotswap_toolchain.a")
        string(CONCAT source "#include <hotswap/detail/abi/toolchain.hpp>\n"
            "extern char const* const hotswap_toolchain;\n"
            "char const* const hotswap_toolchain = hotswap::abi::toolchain;\n")
        try_compile(compiles
            SOURCE_FROM_CONTENT hotswap_toolchain.cpp "${source}"
            CMAKE_FLAGS "-DINCLUDE_DIRECTORIES=${include_directory}"
            COMPILE_DEFINITIONS -fno-lto  # the text is looked for in the object, not in a compiler's own form of it
            CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF
            OUTPUT_VARIABLE output
            COPY_FILE "${compiled}" COPY_FILE_ERROR not_copied
            NO_CACHE)
        set(text "")
        if(compiles AND NOT not_copied)
            file(STRINGS "${compiled}" text REGEX "^Itanium C\\+\\+ ABI, " LIMIT_COUNT 1)
            set(output "")
        elseif(output MATCHES "error")
            string(REGEX MATCHALL "[^\n]*error[^\n]*" output "${output}")
            list(JOIN output "\n" output)
        endif()
        set(HOTSWAP_TOOLCHAIN_ASKED "${asked}" CACHE INTERNAL "for which compiler HOTSWAP_TOOLCHAIN_FOUND is")
        set(HOTSWAP_TOOLCHAIN_FOUND "${text}" CACHE INTERNAL "what hotswap/detail/abi/toolchain.hpp says of it")
        set(HOTSWAP_TOOLCHAIN_OUTPUT "${output}" CACHE INTERNAL "why it says nothing")
    endif()
    set(hotswap_toolchain "${HOTSWAP_TOOLCHAIN_FOUND}" PARENT_SCOPE)
    set(hotswap_toolchain_error "${HOTSWAP_TOOLCHAIN_OUTPUT}" PARENT_SCOPE)
endfunction()

# hotswap_check_compiler(PACKAGE BUILT_FOR INCLUDE_DIRECTORY): sets hotswap_compiler_error to the reason why this project cannot use
# the package, or to nothing.
function(hotswap_check_compiler package built_for include_directory)
    set(error "")
    if(CMAKE_CXX_COMPILER_LOADED)
        hotswap_find_toolchain("${include_directory}")
        string(STRIP "${CMAKE_CXX_FLAGS}" flags)
        set(compiler "${CMAKE_CXX_COMPILER} (${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}, flags \"${flags}\")")
        if(hotswap_toolchain STREQUAL "")
            set(error "The package ${package} needs g++ 12 or later, or clang++ 16 or later, with C++20 and libstdc++; this project's compiler, ${compiler}, does not compile hotswap/detail/abi/toolchain.hpp:\n${hotswap_toolchain_error}")
        elseif(NOT hotswap_toolchain STREQUAL built_for)
            set(error "The package ${package} was built for ${built_for}; this project's compiler, ${compiler}, builds for ${hotswap_toolchain}. The package, hosts and modules must agree in that: leave out -stdlib=libc++, -D_GLIBCXX_DEBUG and -D_GLIBCXX_USE_CXX11_ABI=0, or build hotswap with the same flags. The compilers may differ.")
        endif()
    endif()
    set(hotswap_compiler_error "${error}" PARENT_SCOPE)
endfunction()
