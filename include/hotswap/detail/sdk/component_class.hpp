// The required form of a component class, with a message for each fault.
#pragma once

#include <hotswap/contract.hpp>
#include <hotswap/detail/base/arguments.hpp>
#include <hotswap/detail/sdk/contract_base.hpp>
#include <hotswap/detail/sdk/host.hpp>
#include <hotswap/detail/state/history.hpp>
#include <hotswap/detail/state/layout.hpp>

#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>

namespace hotswap::sdk {

template <class T>
concept validates = requires(typename T::state const& state) {
    { T::validate(state) } -> std::same_as<void>;
};
template <class T>
concept adopts = requires(std::span<std::byte const> bytes) {
    T::adopt(bytes);
};

template <class T>
concept reports_health = requires(T& component) {
    { component.healthy() } -> std::same_as<bool>;
};

/// `metrics()` of the component returns its own counts, each with a name as Prometheus shows it and a number.
template <class T>
concept reports_metrics = requires(T& component) {
    std::string_view(component.metrics().begin()->name);
    static_cast<double>(component.metrics().begin()->value);
};

/// The component's settings are a struct in its state (<hotswap/settings.hpp>).
template <class T>
concept declares_settings = requires {
    typename T::settings;
    typename T::state;
}
&&!requires(T & component) { component.configuration(); };

/// The component keeps its settings in a form of its own.
template <class T>
concept configures_itself = requires(T& component, std::span<setting const> changes) {
    component.configure(changes);
    { component.configuration() } -> std::same_as<settings>;
};

struct names_validate {
    int validate;
};
struct names_adopt {
    int adopt;
};
struct names_healthy {
    int healthy;
};
struct names_release {
    int release;
};
template <class T, class Names>
struct named_twice : T, Names {};

template <class T>
constexpr bool has_validate_name() noexcept {
    if constexpr (!std::is_final_v<T>) return !requires {
            &named_twice<T, names_validate>::validate;
        };
    else
        return requires { &T::validate; };
}
template <class T>
constexpr bool has_adopt_name() noexcept {
    if constexpr (!std::is_final_v<T>) return !requires {
            &named_twice<T, names_adopt>::adopt;
        };
    else
        return requires { &T::adopt; };
}
template <class T>
constexpr bool has_healthy_name() noexcept {
    if constexpr (!std::is_final_v<T>) return !requires {
            &named_twice<T, names_healthy>::healthy;
        };
    else
        return requires { &T::healthy; };
}

template <class T>
constexpr bool has_release_name() noexcept {
    if constexpr (!std::is_final_v<T>) return !requires {
            &named_twice<T, names_release>::release;
        };
    else
        return requires { &T::release; };
}

/// Whether `release` is a function of the contract, for callers, and not the component's hook.
template <class T>
constexpr bool contract_has_release() noexcept {
    if constexpr (std::is_same_v<contract_of<T>, T>)
        return false;  // the contract is not known
    else
        return has_release_name<contract_of<T>>();
}
template <class T>
concept releases = !contract_has_release<T>() && requires(T & component) {
    { component.release() } -> std::same_as<void>;
};
template <class T>
concept resumes = requires(T& component) {
    { component.resume() } -> std::same_as<void>;
};

// A final class cannot be inherited from, so the concepts above see only its public members. The variables
// below see the rest, if they are first used within an explicit instantiation, where access is not checked
// ([temp.spec.general]; g++ extends that to the templates behind it; other compilers see only public
// members): HOTSWAP_COMPONENT uses them there.
template <class T>
inline constexpr bool hides_validate =
    std::is_final_v<T> && !validates<T> &&
    (
        requires { &T::validate; } ||
        requires { static_cast<void (*)(typename T::state const&)>(&T::validate); });
template <class T>
inline constexpr bool hides_adopt = std::is_final_v<T> && !adopts<T> && requires {
    &T::adopt;
};
template <class T>
inline constexpr bool hides_healthy = std::is_final_v<T> && !reports_health<T> && requires {
    &T::healthy;
};
template <class T>
inline constexpr bool hides_release =
    std::is_final_v<T> && !releases<T> && !contract_has_release<T>() && requires {
    &T::release;
};
template <class T>
inline constexpr bool hides_schema = std::is_final_v<T> && !detail::has_schema<T> && requires {
    &T::schema;
};

template <class T, class Walk>
constexpr bool adopts_a_start() noexcept {
    if constexpr (adopts<T>)
        return Walk::template starts_from<decltype(T::adopt(std::span<std::byte const>{}))>();
    else
        return true;
}

/// Instantiated for each component class.
template <class T>
struct component_class {
    static_assert(
        std::is_polymorphic_v<T> && names_contract<T>,
        "hotswap: a component implements one contract: derive it from one class that has `static constexpr "
        "hotswap::contract contract{name, number}`");
    static_assert(!forgets_to_extend<contract_of<T>>,
                  "hotswap: this component's contract derives from another contract of the same name; if it "
                  "only adds functions at its end, declare that in it: `using extends = inventory;`");
    static_assert(
        requires { typename T::state; },
        "hotswap: a component class names its state: `using state = v2::state;` in its public part");
    static_assert(!std::is_abstract_v<T>,
                  "hotswap: a component class must implement every function of its contract");

    using state = typename T::state;
    static_assert((schema_of<state>(), true));
    static_assert((layout_of<state>(), true));
    static_assert(sizeof(detail::state_struct<state>) != 0);

    static_assert(
        std::is_constructible_v<T, host&, state&>,
        "hotswap: a component class has a public constructor `T(hotswap::host& host, state& state)`: "
        "resuming is construction on existing state");
    static_assert(
        validates<T> || !has_validate_name<T>(),
        "hotswap: this component's `validate` would never be called, because it is private or has another "
        "signature; declare it in the public part: `static void validate(state const& state)`");
    static_assert(
        adopts<T> || !has_adopt_name<T>(),
        "hotswap: this component's `adopt` would never be called, because it is private or has another "
        "signature; declare it in the public part: `static v0::state adopt(std::span<std::byte "
        "const> bytes)`");
    static_assert(
        reports_health<T> || !has_healthy_name<T>() || requires { &contract_of<T>::healthy; },
        "hotswap: this component's `healthy` would never be called, because it is private or has another "
        "signature; declare it in the public part: `bool healthy()`");
    static_assert(
        releases<T> || !has_release_name<T>() || contract_has_release<T>() ||
            requires { &contract_of<T>::release; },
        "hotswap: this component's `release` would never be called, because it is private or has another "
        "signature; declare it in the public part: `void release()`");
    static_assert(!releases<T> || resumes<T>,
                  "hotswap: a component with `release` acquires its resources again when the operation is "
                  "undone: give it a public `void resume()`");

    static_assert(
        !declares_settings<T> || requires(state & of, typename T::settings& all) { of.settings = all; },
        "hotswap: a component that declares settings keeps them in its state: give its state a field "
        "`settings` of that type");

    static_assert(
        detail::is_history<decltype(detail::history_of<T>())>,
        "hotswap: a component's `history` is a hotswap::history of its migrations: `using history = "
        "hotswap::history<&upgrade, &downgrade>;`");
    using walk = detail::walk<state, decltype(detail::history_of<T>())>;
    static_assert(adopts_a_start<T, walk>(),
                  "hotswap: `adopt` returns a state from which the component's history leads to its own");
};

}  // namespace hotswap::sdk
