// The ABI that a host and a module must share before one may call the other's virtual functions and use its
// objects (docs/adr/0013): the C++ ABI and the standard library's, not the compiler that follows them.
#pragma once

#include <cstddef>

#define HOTSWAP_TEXT_OF_(x) #x
#define HOTSWAP_TEXT_OF(x) HOTSWAP_TEXT_OF_(x)

// Virtual functions, exceptions, mangled names and the order of fields: __GXX_ABI_VERSION exists if they
// follow the Itanium C++ ABI. g++ lays some classes out in another way below 1017 (-fabi-version=17, the
// default of g++ 12); clang follows the newer layout and reports 1002.
#if !defined(__GXX_ABI_VERSION)
#error "hotswap needs a compiler that follows the Itanium C++ ABI: g++ 12 or later, or clang++ 16 or later"
#elif !defined(__clang__) && __GXX_ABI_VERSION < 1017
#error "hotswap needs g++ 12 or later, without -fabi-version below 17: it changes the layout of classes"
#endif

#if defined(_GLIBCXX_RELEASE)
#define HOTSWAP_LIBRARY_TEXT "libstdc++, cxx11 abi " HOTSWAP_TEXT_OF(_GLIBCXX_USE_CXX11_ABI)
#elif defined(_LIBCPP_VERSION)
#define HOTSWAP_LIBRARY_TEXT "libc++, abi " HOTSWAP_TEXT_OF(_LIBCPP_ABI_VERSION)
#else
#error "hotswap supports libstdc++ and libc++ only"
#endif

// In this mode every container has other fields.
#if defined(_GLIBCXX_DEBUG)
#define HOTSWAP_LIBRARY_MODE_TEXT ", debug containers"
#else
#define HOTSWAP_LIBRARY_MODE_TEXT ""
#endif

// A libstdc++ that was configured with --enable-symvers=gnu-versioned-namespace has another ABI.
#if defined(_GLIBCXX_INLINE_VERSION) && _GLIBCXX_INLINE_VERSION
#define HOTSWAP_LIBRARY_NAMESPACE_TEXT ", versioned namespace"
#else
#define HOTSWAP_LIBRARY_NAMESPACE_TEXT ""
#endif

namespace hotswap::abi {

namespace probe {

enum small { one };
struct packed {
    char first;
    void* second;
};

}  // namespace probe

// These flags change hotswap's own structs, so no host could use such a module, and no module such a host.
static_assert(sizeof(probe::small) == sizeof(int), "hotswap cannot be used with -fshort-enums");
static_assert(sizeof(probe::packed) == 2 * sizeof(void*), "hotswap cannot be used with -fpack-struct");
static_assert(sizeof(wchar_t) == 4, "hotswap cannot be used with -fshort-wchar");

/// The C++ ABI and the standard library's of this translation unit, in words. Two binaries may share C++
/// objects if and only if their texts are equal.
inline constexpr char toolchain[] =
    "Itanium C++ ABI, " HOTSWAP_LIBRARY_TEXT HOTSWAP_LIBRARY_MODE_TEXT HOTSWAP_LIBRARY_NAMESPACE_TEXT;

}  // namespace hotswap::abi
