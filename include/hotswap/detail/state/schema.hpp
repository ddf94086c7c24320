// The name and version of a state struct.
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

namespace hotswap {

/// Name and version of a state struct, as its member `static constexpr hotswap::schema schema{…}`.
/// A released struct is frozen: a change of its fields is a new struct of the next version.
struct schema {
    std::string_view name;
    std::uint32_t version = 0;

    constexpr bool operator==(schema const&) const noexcept = default;
};

namespace detail {

template <class State>
concept has_schema = requires {
    State::schema;
};

template <class State>
concept has_constant_schema = std::is_same_v<decltype(&State::schema), schema const*> && requires {
    typename std::integral_constant<std::uint32_t, State::schema.version>;
};

// As with `serialize` in value.hpp: this also sees a private member, unless the class is final.
struct names_schema {
    int schema;
};
template <class State>
struct schema_twice : State, names_schema {};
template <class State>
constexpr bool has_schema_name() noexcept {
    if constexpr (std::is_class_v<State> && !std::is_final_v<State>) return !requires {
            &schema_twice<State>::schema;
        };
    else
        return false;
}

}  // namespace detail

/// The schema of `State`; a struct without one is *legacy*: version 0, nameless.
template <class State>
constexpr schema schema_of() noexcept {
    if constexpr (detail::has_schema<State>) {
        static_assert(
            detail::has_constant_schema<State>,
            "hotswap: a state's member `schema` must be public and `static constexpr hotswap::schema "
            "schema{name, version}`");
        if constexpr (detail::has_constant_schema<State>) {
            static_assert(State::schema.version >= 1,
                          "hotswap: schema versions start at 1; a state without a `schema` "
                          "member is version 0 (legacy)");
            static_assert(!State::schema.name.empty() && State::schema.name.size() < 64,
                          "hotswap: a schema's name has 1 to 63 characters");
            return State::schema;
        }
    } else {
        static_assert(
            !detail::has_schema_name<State>(),
            "hotswap: a state's member `schema` must be public and `static constexpr hotswap::schema "
            "schema{name, version}`");
    }
    return {};
}

}  // namespace hotswap
