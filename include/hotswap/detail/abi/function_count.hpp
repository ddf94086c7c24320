// How many virtual functions a class has, as the compiler lays them out: a constant, also where only a file is read.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnon-virtual-dtor"
#else
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
#endif

namespace hotswap::abi {

struct function_place {};

/// A pointer to the virtual function after the last one of a class. By the Itanium C++ ABI it holds that function's place in the
/// vtable: a number, no address, so it can stand in a descriptor.
using functions_end = void (function_place::*)();

template <class Contract>
struct one_function_more : Contract, function_place {
    virtual void hotswap_one_function_more() = 0;
};

template <class Contract>
constexpr functions_end end_of_functions() noexcept {
    return static_cast<functions_end>(&one_function_more<Contract>::hotswap_one_function_more);
}

/// How many entries of the vtable `end` says that there are; a virtual destructor has two of them. 0 of a null pointer.
inline std::uint32_t count_functions(functions_end end) noexcept {
    struct words {
        std::size_t place;
        std::ptrdiff_t adjustment;
    };
    // On some processors the place itself is marked as one, by its lowest bit.
    return static_cast<std::uint32_t>(__builtin_bit_cast(words, end).place / sizeof(void*));
}

}  // namespace hotswap::abi

#if defined(__clang__)
#pragma clang diagnostic pop
#else
#pragma GCC diagnostic pop
#endif
