// The number of virtual functions in a class's vtable: a constant, also for a reader that has only the file.
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

/// A pointer to the virtual function after the last one of a class. By the Itanium C++ ABI it holds that
/// function's offset in the vtable: a number, not an address, so a descriptor can hold it.
using functions_end = void (function_place::*)();

template <class Contract>
struct one_function_more : Contract, function_place {
    virtual void hotswap_one_function_more() = 0;
};

template <class Contract>
constexpr functions_end end_of_functions() noexcept {
    return static_cast<functions_end>(&one_function_more<Contract>::hotswap_one_function_more);
}

/// The number of vtable entries before `end`; a virtual destructor has two of them. 0 for a null pointer.
inline std::uint32_t count_functions(functions_end end) noexcept {
    struct words {
        std::size_t place;
        std::ptrdiff_t adjustment;
    };
    // Some processors mark an offset by its lowest bit.
    return static_cast<std::uint32_t>(__builtin_bit_cast(words, end).place / sizeof(void*));
}

}  // namespace hotswap::abi

#if defined(__clang__)
#pragma clang diagnostic pop
#else
#pragma GCC diagnostic pop
#endif
