// Copies of values, also of types that cannot be copied.
#pragma once

#include <hotswap/detail/state/archive_core.hpp>
#include <hotswap/detail/state/layout.hpp>
#include <hotswap/detail/state/memory_sink.hpp>

#include <type_traits>
#include <vector>

namespace hotswap::detail {

template <class T>
constexpr bool is_copyable() noexcept;

template <class T, std::size_t... I>
constexpr bool fields_are_copyable(std::index_sequence<I...>) noexcept {
    return (is_copyable<field_type<T, I>>() && ...);
}
template <class T, std::size_t... I>
constexpr bool elements_are_copyable(std::index_sequence<I...>) noexcept {
    return (is_copyable<std::remove_const_t<std::tuple_element_t<I, T>>>() && ...);
}
template <class T, std::size_t... I>
constexpr bool alternatives_are_copyable(std::index_sequence<I...>) noexcept {
    return (is_copyable<std::variant_alternative_t<I, T>>() && ...);
}

/// Whether a `T` can really be copied: a vector of uncopyable elements still claims a copy constructor.
template <class T>
constexpr bool is_copyable() noexcept {
    constexpr kind k = kind_of<T>();
    if constexpr (!std::is_copy_constructible_v<T>)
        return false;
    else if constexpr (k == kind::map)
        return is_copyable<typename T::key_type>() && is_copyable<typename T::mapped_type>();
    else if constexpr (k == kind::sequence || k == kind::set || k == kind::array || k == kind::optional)
        return is_copyable<typename T::value_type>();
    else if constexpr (k == kind::tuple)
        return elements_are_copyable<T>(std::make_index_sequence<std::tuple_size_v<T>>{});
    else if constexpr (k == kind::variant)
        return alternatives_are_copyable<T>(std::make_index_sequence<std::variant_size_v<T>>{});
    else if constexpr (k == kind::aggregate)
        return fields_are_copyable<T>(std::make_index_sequence<plain_field_count<T>>{});
    else
        return true;
}

/// A copy of `original`, made by the archive if its class has no copy constructor, or if it holds containers
/// that another module may have filled by its own order or hash: copying the nodes would keep that order.
template <class T>
T copy_of(T const& original) {
    if constexpr (is_copyable<T>() && !orders_of_its_own<T>) {
        return original;
    } else {
        std::vector<unsigned char> memory;
        memory_sink sink(memory);
        output_archive(sink.out) << original;
        sink.finish();
        T copy{};
        input_archive in({memory.data(), memory.size()});
        in >> copy;
        return copy;
    }
}

}  // namespace hotswap::detail
