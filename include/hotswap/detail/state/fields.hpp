// The fields of an aggregate, in order.
//
// Boost.PFR accesses the fields. The field counter is our own, because the one of Boost 1.81 makes g++ 12
// crash on std::array<std::string, N>; so are the checks for which PFR prints pages of errors (bit-fields, C
// arrays).
#pragma once

#include <boost/pfr/core.hpp>
#include <boost/preprocessor/arithmetic/inc.hpp>
#include <boost/preprocessor/repetition/enum_shifted_params.hpp>
#include <boost/preprocessor/repetition/repeat_from_to.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace hotswap::detail {

/// The largest number of fields that an aggregate of a state may have.
inline constexpr std::size_t max_fields = 40;

struct any_value {
    template <class T>
    operator T() const;
};
struct any_lvalue {
    template <class T>
    operator T&() const;
};
struct any_class {
    template <class T>
    requires std::is_class_v<T>
    operator T() const;
};
struct any_union {
    template <class T>
    requires std::is_union_v<T>
    operator T() const;
};
template <class Derived>
struct any_base_of {
    template <class T>
    requires(std::is_base_of_v<T, Derived> && !std::is_same_v<T, Derived>) operator T() const;
};
struct no_value {};  // converts only to a field type that accepts every value

template <class T>
concept has_base_class = requires {
    T{any_base_of<T>{}};
}
&&!requires { T{no_value{}}; };

template <class T, class Value, std::size_t... I>
constexpr bool takes_values(std::index_sequence<I...>) noexcept {
    return requires { T{(static_cast<void>(I), Value{})...}; };
}
template <class T, class Last, std::size_t... I>
constexpr bool takes_after(std::index_sequence<I...>) noexcept {
    return requires { T{(static_cast<void>(I), any_value{})..., Last{}}; };
}

/// Replaces the number of fields for a type that no list of values initialises.
inline constexpr std::size_t uncountable = max_fields + 2;

// A struct whose last fields have no default accepts no shorter list than all of them, so the search begins
// with the first accepted list and ends with the last.
template <class T, std::size_t N = 0, bool Taken = false>
constexpr std::size_t count_fields() noexcept {
    constexpr bool takes = takes_values<T, any_value>(std::make_index_sequence<N>{});
    if constexpr (Taken && !takes)
        return N - 1;
    else if constexpr (N > max_fields)
        return takes ? N : uncountable;
    else
        return count_fields<T, N + 1, takes>();
}

/// The number of fields of the aggregate `T`, or `uncountable`; wrong for a type that holds C arrays, see
/// `has_c_array`.
template <class T>
inline constexpr std::size_t field_count = count_fields<T>();

template <class T, std::size_t... N>
constexpr bool takes_lvalues_of(std::index_sequence<N...>) noexcept {
    return (takes_values<T, any_lvalue>(std::make_index_sequence<N>{}) || ...);
}

/// Whether a field of the aggregate `T` is a reference to a type that is not const.
template <class T>
constexpr bool has_reference() noexcept {
    if constexpr (field_count<T> == uncountable)
        return takes_lvalues_of<T>(std::make_index_sequence<max_fields + 1>{});
    else if constexpr (field_count<T> > max_fields)
        return false;
    else
        return takes_after<T, any_lvalue>(std::make_index_sequence<field_count<T>>{});
}

template <class T, std::size_t... I>
constexpr bool has_anonymous_union(std::index_sequence<I...>) noexcept {
    return ((takes_after<T, any_union>(std::make_index_sequence<I>{}) &&
             !takes_after<T, any_class>(std::make_index_sequence<I>{}) &&
             !takes_after<T, no_value>(std::make_index_sequence<I>{})) ||
            ...);
}

/// Whether a field of the aggregate `T` is a union: needed because the fields of an anonymous union cannot be
/// read.
template <class T>
constexpr bool has_union() noexcept {
    return has_anonymous_union<T>(std::make_index_sequence<field_count<T>>{});
}

// `T{before…, {group…}, after…}`: a C array takes the whole group, any other field takes it as one value.
template <class T, std::size_t... Before, std::size_t... Group, std::size_t... After>
constexpr bool takes_group(std::index_sequence<Before...>, std::index_sequence<Group...>,
                           std::index_sequence<After...>) noexcept {
    return requires {
        T{(static_cast<void>(Before), any_value{})...,
          {(static_cast<void>(Group), any_value{})...},
          (static_cast<void>(After), any_value{})...};
    };
}

template <class T, std::size_t At, std::size_t Size>
constexpr bool is_c_array_at() noexcept {
    constexpr std::size_t after = field_count<T> - At - Size;
    using before = std::make_index_sequence<At>;
    using group = std::make_index_sequence<Size>;
    return takes_group<T>(before{}, group{}, std::make_index_sequence<after>{}) &&
           !takes_group<T>(before{}, group{}, std::make_index_sequence<after + 1>{});
}

template <class T, std::size_t At, std::size_t... Less>
constexpr bool has_c_array_at(std::index_sequence<Less...>) noexcept {
    return (is_c_array_at<T, At, Less + 2>() || ...);
}

template <class T, std::size_t... At>
constexpr bool has_c_array(std::index_sequence<At...>) noexcept {
    return (has_c_array_at<T, At>(std::make_index_sequence<field_count<T> - At - 1>{}) || ...);
}

/// Whether a field of the aggregate `T` is a C array of two elements or more.
template <class T>
constexpr bool has_c_array() noexcept {
    if constexpr (field_count<T> < 2)
        return false;
    else
        return has_c_array<T>(std::make_index_sequence<field_count<T> - 1>{});
}

#if defined(__clang__)
// clang 14 cannot check this on a structured binding: the compiler's own message reports a bit-field.
template <class T>
constexpr bool has_bit_field = false;
#else
template <class... T>
void take_lvalues(T&...);

// A bit-field cannot be bound to an lvalue reference: no other check distinguishes it from its neighbours.
template <class T>
auto fields_are_lvalues(T& value) {
    if constexpr (field_count<T> == 0 || max_fields < field_count<T>) return std::true_type{};
// clang-format off
#define HOTSWAP_FIELDS_(z, n, data)                                                               \
    else if constexpr (field_count<T> == n) {                                                     \
        auto& [BOOST_PP_ENUM_SHIFTED_PARAMS(BOOST_PP_INC(n), field)] = value;                     \
        if constexpr (requires { take_lvalues(BOOST_PP_ENUM_SHIFTED_PARAMS(BOOST_PP_INC(n), field)); }) \
            return std::true_type{};                                                              \
        else                                                                                      \
            return std::false_type{};                                                             \
    }
    BOOST_PP_REPEAT_FROM_TO(1, 41, HOTSWAP_FIELDS_, ~)
#undef HOTSWAP_FIELDS_
    // clang-format on
}

template <class T>
constexpr bool has_bit_field = !decltype(fields_are_lvalues(std::declval<T&>()))::value;
#endif

/// Whether a structured binding can decompose the aggregate `T`.
template <class T>
constexpr bool can_be_taken_apart() noexcept {
    if constexpr (has_base_class<T> || field_count < T >> max_fields)
        return false;
    else
        return !has_reference<T>() && !has_union<T>() && !has_c_array<T>();
}

/// Whether the fields of the aggregate `T` can be read. If not, `T` is refused in words (refusal.hpp), and
/// code that would read the fields skips them, so that the compiler prints only that refusal.
template <class T>
constexpr bool has_plain_fields() noexcept {
    if constexpr (can_be_taken_apart<T>())
        return !has_bit_field<T>;
    else
        return false;
}

/// The number of fields of the aggregate `T` that can be read: all or none.
template <class T>
inline constexpr std::size_t plain_field_count = has_plain_fields<T>() ? field_count<T> : 0;

/// Calls `f(field)` for each field of the aggregate `value`, in order.
template <class T, class F, std::size_t... I>
constexpr void for_each_field(T& value, F&& f, std::index_sequence<I...>) {
    if constexpr (sizeof...(I) != 0) {
        auto tie = boost::pfr::detail::tie_as_tuple(value, boost::pfr::detail::size_t_<sizeof...(I)>{});
        (f(boost::pfr::detail::sequence_tuple::get<I>(tie)), ...);
    }
}

template <class T, class F>
constexpr void for_each_field(T& value, F&& f) {
    for_each_field(value, f, std::make_index_sequence<plain_field_count<std::remove_const_t<T>>>{});
}

template <class T, std::size_t I>
using field_type = std::remove_reference_t<decltype(boost::pfr::detail::sequence_tuple::get<I>(
    boost::pfr::detail::tie_as_tuple(std::declval<T&>(), boost::pfr::detail::size_t_<field_count<T>>{})))>;

}  // namespace hotswap::detail
