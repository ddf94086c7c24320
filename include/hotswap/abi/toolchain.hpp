// What a host and a module must have in common before one may call the other's virtual functions.
#pragma once

#include <cstddef>

#define HOTSWAP_TEXT_OF_(x) #x
#define HOTSWAP_TEXT_OF(x) HOTSWAP_TEXT_OF_(x)

#if defined(__clang__)
#define HOTSWAP_COMPILER_TEXT "clang " HOTSWAP_TEXT_OF(__clang_major__)
#elif defined(__GNUC__)
#define HOTSWAP_COMPILER_TEXT "gcc " HOTSWAP_TEXT_OF(__GNUC__)
#else
#error "hotswap supports g++ and clang++ only"
#endif

#if defined(_GLIBCXX_RELEASE)
#define HOTSWAP_LIBRARY_TEXT \
    "libstdc++ " HOTSWAP_TEXT_OF(_GLIBCXX_RELEASE) ", cxx11 abi " HOTSWAP_TEXT_OF(_GLIBCXX_USE_CXX11_ABI)
#elif defined(_LIBCPP_VERSION)
#define HOTSWAP_LIBRARY_TEXT "libc++ " HOTSWAP_TEXT_OF(_LIBCPP_VERSION)
#else
#error "hotswap supports libstdc++ and libc++ only"
#endif

#if defined(_GLIBCXX_DEBUG)
#define HOTSWAP_LIBRARY_MODE_TEXT ", debug containers"
#else
#define HOTSWAP_LIBRARY_MODE_TEXT ""
#endif

namespace hotswap::abi {

/// Compiler, standard library and container layout of this translation unit, in words.
/// Two binaries may share C++ objects iff their texts are equal.
inline constexpr char toolchain[] = HOTSWAP_COMPILER_TEXT ", " HOTSWAP_LIBRARY_TEXT HOTSWAP_LIBRARY_MODE_TEXT;

}  // namespace hotswap::abi
