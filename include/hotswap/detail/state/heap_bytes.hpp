// How much memory a value has beside its own: an estimate, for predictions.
#pragma once

#include <hotswap/detail/state/value.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>
#include <variant>

namespace hotswap::detail {

// What an allocator keeps for itself of each block, and a node container of each node.
inline constexpr std::size_t block_overhead = 16;
inline constexpr std::size_t node_overhead = 32;

template <class T>
std::size_t heap_bytes(T const& value) noexcept;

template <class T>
std::size_t heap_of_elements(T const& value) noexcept {
    std::size_t sum = 0;
    for (auto const& element : value) sum += heap_bytes(element);
    return sum;
}

/// The bytes that `value` owns elsewhere; 0 for classes whose fields are not known.
template <class T>
std::size_t heap_bytes(T const& value) noexcept {
    constexpr kind k = kind_of<T>();
    if constexpr (k == kind::string) {
        auto const* const own = reinterpret_cast<char const*>(&value);
        auto const* const text = reinterpret_cast<char const*>(value.data());
        bool const is_within = text >= own && text < own + sizeof value;
        return is_within ? 0 : value.capacity() * sizeof(typename T::value_type) + block_overhead;
    } else if constexpr (k == kind::sequence) {
        return value.size() * sizeof(typename T::value_type) + block_overhead + heap_of_elements(value);
    } else if constexpr (k == kind::set || k == kind::map) {
        return value.size() * (sizeof(typename T::value_type) + node_overhead + block_overhead) +
               heap_of_elements(value);
    } else if constexpr (k == kind::array) {
        return heap_of_elements(value);
    } else if constexpr (k == kind::tuple) {
        return std::apply([](auto const&... each) { return (heap_bytes(each) + ... + std::size_t{0}); },
                          value);
    } else if constexpr (k == kind::optional) {
        return value ? heap_bytes(*value) : 0;
    } else if constexpr (k == kind::unique_ptr) {
        return value ? sizeof *value + block_overhead + heap_bytes(*value) : 0;
    } else if constexpr (k == kind::variant) {
        if (value.valueless_by_exception()) return 0;
        return std::visit([](auto const& held) { return heap_bytes(held); }, value);
    } else if constexpr (k == kind::aggregate) {
        std::size_t sum = 0;
        for_each_field(value, [&sum](auto const& field) { sum += heap_bytes(field); });
        return sum;
    } else {
        return 0;
    }
}

}  // namespace hotswap::detail
