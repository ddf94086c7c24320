// The list of a component's migrations, checked at compile time, and the walk along it.
#pragma once

#include <hotswap/detail/base/arguments.hpp>
#include <hotswap/detail/state/schema.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace hotswap {

/// A component's migrations, in any order: pointers to plain functions from one version's struct to a
/// neighbour's, `To f(From&&)` or `To f(From&&, hotswap::arguments const&)`. Newer → older is a downgrade.
template <auto... Migrations>
struct history {};

namespace detail {

template <auto Function>
struct lossy_migration {};

}  // namespace detail

/// Marks a downgrade that must lose data; it is refused unless the host allows loss.
template <auto Function>
inline constexpr detail::lossy_migration<Function> lossy{};

namespace detail {

template <class F>
struct signature {
    static_assert(sizeof(F) == 0,
                  "hotswap: a migration is a plain function `To f(From&&)` or `To f(From&&, "
                  "hotswap::arguments const&)`");
};
template <class To, class From>
struct signature<To (*)(From)> {
    static_assert(!std::is_lvalue_reference_v<From> || std::is_const_v<std::remove_reference_t<From>>,
                  "hotswap: a migration is a plain function that consumes the old state: `To f(From&&)`");
    using to = To;
    using from = std::remove_cvref_t<From>;
    static constexpr bool takes_arguments = false;
    static constexpr bool only_reads = std::is_lvalue_reference_v<From>;
};
template <class To, class From>
struct signature<To (*)(From, arguments const&)> : signature<To (*)(From)> {
    static constexpr bool takes_arguments = true;
};
template <class To, class From>
struct signature<To (*)(From) noexcept> : signature<To (*)(From)> {};
template <class To, class From>
struct signature<To (*)(From, arguments const&) noexcept> : signature<To (*)(From, arguments const&)> {};

/// One entry of a history.
template <auto Migration>
struct step : signature<decltype(Migration)> {
    static constexpr bool is_lossy = false;
    static constexpr auto function = Migration;
};
template <auto Function>
struct step_of_lossy : step<Function> {
    static constexpr bool is_lossy = true;
};
template <auto Function, lossy_migration<Function> Marked>
struct step<Marked> : step_of_lossy<Function> {};

template <class Step>
inline constexpr std::uint32_t from_version = schema_of<typename Step::from>().version;
template <class Step>
inline constexpr std::uint32_t to_version = schema_of<typename Step::to>().version;
template <class Step>
inline constexpr bool is_upgrade = to_version<Step> > from_version<Step>;

template <class From, class To>
constexpr bool same_family() noexcept {
    return !has_schema<From> || !has_schema<To> || schema_of<From>().name == schema_of<To>().name;
}

/// Refuses a migration that no history may hold.
template <class Step>
struct checked_step {
    static constexpr std::uint32_t from = from_version<Step>;
    static constexpr std::uint32_t to = to_version<Step>;
    static_assert(
        same_family<typename Step::from, typename Step::to>(),
        "hotswap: a migration leads from one schema to another of a different name; a history stays within "
        "one schema");
    static_assert(from != to,
                  "hotswap: a migration leads from a version to the same version; raise the version of the "
                  "newer struct's schema");
    static_assert(
        from == to || from + 1 == to || to + 1 == from,
        "hotswap: a migration leads to a wrong neighbour: it must change the version by one; write one "
        "migration for each version in between");
    static_assert(!Step::is_lossy || to < from,
                  "hotswap: only a downgrade can be marked lossy; an upgrade keeps everything");
};

template <class T>
inline constexpr bool is_history = false;
template <auto... Migrations>
inline constexpr bool is_history<history<Migrations...>> = true;

template <class State, class History>
struct walk;

/// The versions that a component with the state `State` can reach by `Migrations`.
template <class State, auto... Migrations>
struct walk<State, history<Migrations...>> {
    static constexpr std::uint32_t version = schema_of<State>().version;

    template <std::uint32_t From, std::uint32_t To>
    static constexpr std::size_t count_of =
        ((from_version<step<Migrations>> == From && to_version<step<Migrations>> == To ? 1u : 0u) + ... + 0u);

    template <std::uint32_t From, std::uint32_t To>
    static constexpr bool has = count_of<From, To> != 0;

    static constexpr std::uint32_t oldest_start = [] {
        std::uint32_t at = version;
        bool more = true;
        while (more && at > 0) {
            more = ((from_version<step<Migrations>> + 1 == at && to_version<step<Migrations>> == at) || ...);
            if (more) --at;
        }
        return at;
    }();
    static constexpr std::uint32_t oldest_back = [] {
        std::uint32_t at = version;
        bool more = true;
        while (more && at > 0) {
            more = ((from_version<step<Migrations>> == at && to_version<step<Migrations>> + 1 == at) || ...);
            if (more) --at;
        }
        return at;
    }();
    static constexpr std::uint32_t oldest = oldest_start < oldest_back ? oldest_start : oldest_back;

    static constexpr bool takes_arguments = (step<Migrations>::takes_arguments || ...);

    template <class Step>
    static constexpr bool leads_here =
        is_upgrade<Step> ? from_version<Step> >= oldest_start&& to_version<Step> <= version
                         : to_version<Step> >= oldest_back&& from_version<Step> <= version;

    static_assert((sizeof(checked_step<step<Migrations>>) + ... + 0) > 0 || sizeof...(Migrations) == 0);
    static_assert(
        ((count_of<from_version<step<Migrations>>, to_version<step<Migrations>>> == 1) && ...),
        "hotswap: a history holds two migrations between the same versions (a duplicate); remove one");
    static_assert(
        (leads_here<step<Migrations>> && ...),
        "hotswap: a history has a gap: from each upgrade the chain must go on, version by version, to the "
        "component's state, and to each downgrade it must come from there; add the missing migrations");

    template <std::uint32_t Version, class Step, class... Rest>
    static constexpr auto find_struct() {
        if constexpr (from_version<Step> == Version)
            return std::type_identity<typename Step::from>{};
        else if constexpr (to_version<Step> == Version)
            return std::type_identity<typename Step::to>{};
        else
            return find_struct<Version, Rest...>();
    }
    template <std::uint32_t Version>
    static constexpr auto struct_of() {
        if constexpr (Version == version)
            return std::type_identity<State>{};
        else
            return find_struct<Version, step<Migrations>...>();
    }
    /// The struct of `Version`, which lies between `oldest` and `version`.
    template <std::uint32_t Version>
    using state_of = typename decltype(struct_of<Version>())::type;

    /// Whether `Old` is the struct of a version from which upgrades lead to `State`.
    template <class Old>
    static constexpr bool starts_from() {
        if constexpr (!std::is_class_v<Old> || schema_of<Old>().version < oldest_start ||
                      schema_of<Old>().version > version)
            return false;
        else
            return std::is_same_v<Old, state_of<schema_of<Old>().version>>;
    }

    template <class Step>
    static constexpr bool agrees = std::is_same_v<typename Step::from, state_of<from_version<Step>>>&&
        std::is_same_v<typename Step::to, state_of<to_version<Step>>>;
    static_assert(
        (agrees<step<Migrations>> && ...),
        "hotswap: two migrations of a history name different structs for the same version, or the newest one "
        "does not lead to the component's `state`");

    template <std::uint32_t From, std::uint32_t To>
    static constexpr bool is_lossy = ((from_version<step<Migrations>> == From &&
                                       to_version<step<Migrations>> == To && step<Migrations>::is_lossy) ||
                                      ...);

    /// Whether the migration From → To takes the old state as `From const&`.
    template <std::uint32_t From, std::uint32_t To>
    static constexpr bool only_reads = ((from_version<step<Migrations>> == From &&
                                         to_version<step<Migrations>> == To &&
                                         step<Migrations>::only_reads) ||
                                        ...);

    template <std::uint32_t From, std::uint32_t To, class Step, class... Rest, class Old>
    static state_of<To> apply_first(Old&& old, arguments const& with) {
        if constexpr (from_version<Step> != From || to_version<Step> != To)
            return apply_first<From, To, Rest...>(std::forward<Old>(old), with);
        else if constexpr (Step::takes_arguments)
            return Step::function(std::forward<Old>(old), with);
        else
            return Step::function(std::forward<Old>(old));
    }
    /// Runs the migration From → To on a state that it uses up, or on a state that it only reads.
    template <std::uint32_t From, std::uint32_t To, class Old>
    static state_of<To> apply(Old&& old, arguments const& with) {
        static_assert(std::is_same_v<std::remove_cvref_t<Old>, state_of<From>>);
        return apply_first<From, To, step<Migrations>...>(std::forward<Old>(old), with);
    }
};

/// The history of a component class; empty if the class names none.
template <class Component>
constexpr auto history_of() {
    if constexpr (requires { typename Component::history; })
        return typename Component::history{};
    else
        return history<>{};
}

}  // namespace detail

}  // namespace hotswap
