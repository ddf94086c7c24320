// Enumerators to text and back, by their one description.
#pragma once

#include <boost/describe/enumerators.hpp>
#include <boost/mp11/algorithm.hpp>

#include <optional>
#include <string_view>

namespace hotswap::detail {

/// The name of an enumerator without the underscore that distinguishes it from a keyword: `export_` is
/// "export".
constexpr std::string_view enumerator_text(char const* name) noexcept {
    std::string_view const text(name);
    return text.ends_with('_') ? text.substr(0, text.size() - 1) : text;
}

/// The name of the value; "unknown" if the value is not an enumerator.
template <class E>
constexpr std::string_view enum_name(E value) noexcept {
    std::string_view text = "unknown";
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto each) {
        if (each.value == value) text = enumerator_text(each.name);
    });
    return text;
}

/// The value of that name; empty if there is none.
template <class E>
constexpr std::optional<E> enum_of_name(std::string_view text) noexcept {
    std::optional<E> found;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto each) {
        if (enumerator_text(each.name) == text) found = each.value;
    });
    return found;
}

}  // namespace hotswap::detail
