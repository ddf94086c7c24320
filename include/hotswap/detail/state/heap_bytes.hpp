// The memory that a value has outside of itself: an estimate, for predictions.
#pragma once

#include <hotswap/detail/state/value.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <variant>

namespace hotswap::detail {

// The memory that an allocator uses for each block, and a node container for each node.
inline constexpr std::size_t block_overhead = 16;
inline constexpr std::size_t node_overhead = 32;

/// The parts of a value that are counted.
struct heap_count {
    /// The first elements of each container are counted; the others are assumed to be of the same size.
    std::size_t elements_of_each = SIZE_MAX;
    std::size_t largest_block = SIZE_MAX;  ///< larger ones are left out
};

template <class T>
std::size_t heap_bytes(T const& value, heap_count of = {}) noexcept;

template <class T>
std::size_t heap_of_elements(T const& value, heap_count of) noexcept {
    std::size_t sum = 0;
    std::size_t taken = 0;
    for (auto const& element : value) {
        if (taken == of.elements_of_each) break;
        sum += heap_bytes(element, of);
        ++taken;
    }
    if (taken == 0 || taken == value.size()) return sum;
    return static_cast<std::size_t>(static_cast<double>(sum) * static_cast<double>(value.size()) /
                                    static_cast<double>(taken));
}

inline std::size_t heap_block(std::size_t size, heap_count of) noexcept {
    return size > of.largest_block ? 0 : size + block_overhead;
}

/// The bytes that `value` owns outside of itself; 0 for classes whose fields are not known.
template <class T>
std::size_t heap_bytes(T const& value, heap_count of) noexcept {
    constexpr kind k = kind_of<T>();
    if constexpr (k == kind::string) {
        auto const* const own = reinterpret_cast<char const*>(&value);
        auto const* const text = reinterpret_cast<char const*>(value.data());
        bool const is_within = text >= own && text < own + sizeof value;
        return is_within ? 0 : heap_block(value.capacity() * sizeof(typename T::value_type), of);
    } else if constexpr (k == kind::sequence) {
        return heap_block(value.size() * sizeof(typename T::value_type), of) + heap_of_elements(value, of);
    } else if constexpr (k == kind::set || k == kind::map) {
        return value.size() * (sizeof(typename T::value_type) + node_overhead + block_overhead) +
               heap_of_elements(value, of);
    } else if constexpr (k == kind::array) {
        return heap_of_elements(value, of);
    } else if constexpr (k == kind::tuple) {
        return std::apply([of](auto const&... each) { return (heap_bytes(each, of) + ... + std::size_t{0}); },
                          value);
    } else if constexpr (k == kind::optional) {
        return value ? heap_bytes(*value, of) : 0;
    } else if constexpr (k == kind::unique_ptr) {
        return value ? sizeof *value + block_overhead + heap_bytes(*value, of) : 0;
    } else if constexpr (k == kind::variant) {
        if (value.valueless_by_exception()) return 0;
        return std::visit([of](auto const& held) { return heap_bytes(held, of); }, value);
    } else if constexpr (k == kind::aggregate) {
        std::size_t sum = 0;
        for_each_field(value, [&sum, of](auto const& field) { sum += heap_bytes(field, of); });
        return sum;
    } else {
        return 0;
    }
}

}  // namespace hotswap::detail
