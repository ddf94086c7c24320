// For components whose settings change while they run: `runtime::configure`, `hotswap configure`.
//
//     struct settings {                                          // described once: names, types, defaults
//         std::uint32_t limit = 100;
//         std::chrono::milliseconds window{1000};
//     };
//     struct state {
//         static constexpr hotswap::schema schema{"shop.limiter", 2};
//         v2::settings settings;                                 // kept with the state, across swaps
//     };
//     class limiter final : public contract {
//     public:
//         using state = v2::state;
//         using settings = v2::settings;
//         static void check_settings(settings const& wanted);    // optional: throws if they do not go together
//         void settings_changed();                               // optional: the new ones are in the state
//
// A component that keeps its settings in a form of its own has, in place of `settings`, the members
// `void configure(std::span<hotswap::setting const>)` and `hotswap::settings configuration()`.
#pragma once

#include <hotswap/detail/sdk/module_functions.hpp>
#include <hotswap/detail/sdk/setting_text.hpp>
#include <hotswap/detail/state/fields.hpp>
#include <hotswap/detail/state/names.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace hotswap::sdk {

template <class T>
concept is_one_setting = requires(T& value, T const& now) {
    read_setting(std::string_view(), std::string_view(), value);
    { setting_text(now) } -> std::same_as<std::string>;
};

/// Calls `f(name, field)` for each setting of the struct; fields of structs within it are "outer.inner".
template <class Settings, class F>
void for_each_setting(Settings& of, std::string const& before, F& f) {
    using plain = std::remove_const_t<Settings>;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        auto const one = [&]<std::size_t At>(std::integral_constant<std::size_t, At>, auto& field) {
            auto const name = before + std::string(detail::field_name<plain, At>());
            using type = std::remove_cvref_t<decltype(field)>;
            if constexpr (is_one_setting<type>) {
                f(name, field);
            } else {
                static_assert(
                    std::is_aggregate_v<type>,
                    "hotswap: a setting is a bool, a number, a duration, a text, an enumeration, an "
                    "std::optional of one of them, or a struct of settings");
                for_each_setting(field, name + ".", f);
            }
        };
        auto fields = [&] {
            if constexpr (sizeof...(I) != 0)
                return boost::pfr::detail::tie_as_tuple(of, boost::pfr::detail::size_t_<sizeof...(I)>{});
            else
                return 0;
        }();
        (one(std::integral_constant<std::size_t, I>{}, boost::pfr::detail::sequence_tuple::get<I>(fields)),
         ...);
    }
    (std::make_index_sequence<detail::plain_field_count<plain>>{});
}

/// The smallest number of insertions, deletions and replacements from one text to the other.
/// Source:   Wagner and Fischer, The String-to-String Correction Problem, 1974
inline std::size_t edit_distance(std::string_view from, std::string_view to) {
    std::vector<std::size_t> row(to.size() + 1);
    for (std::size_t j = 0; j != row.size(); ++j) row[j] = j;
    for (std::size_t i = 0; i != from.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j != to.size(); ++j) {
            auto const replaced = diagonal + (from[i] == to[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
        }
    }
    return row.back();
}

/// The refusal of a name that no setting has, with its neighbours.
[[noreturn]] inline void refuse_unknown_setting(std::string_view name,
                                                std::vector<std::string> const& known) {
    std::string all;
    std::string_view nearest;
    auto best = name.size() / 2 + 1;
    for (auto const& each : known) {
        all += (all.empty() ? "" : ", ") + each;
        auto const distance = edit_distance(name, each);
        if (distance >= best) continue;
        best = distance;
        nearest = each;
    }
    throw std::invalid_argument(
        "there is no setting " + std::string(name) +
        (nearest.empty() ? "" : "; did you mean " + std::string(nearest) + "?") +
        (all.empty() ? "; this release has no settings" : "; the settings are " + all));
}

/// Reads the named values into the struct.
/// Errors:   throws std::invalid_argument: an unknown name, a name given twice, a value that cannot be read.
template <class Settings>
void read_settings(std::span<setting const> wanted, Settings& into) {
    for (std::size_t i = 0; i != wanted.size(); ++i) {
        auto const& [name, text] = wanted[i];
        for (auto const& earlier : wanted.first(i))
            if (earlier.name == name)
                throw std::invalid_argument("the setting " + std::string(name) + " is given twice");
        bool is_known = false;
        std::vector<std::string> known;
        auto const read = [&](std::string const& each, auto& field) {
            known.push_back(each);
            if (each != name) return;
            is_known = true;
            read_setting(name, text, field);
        };
        for_each_setting(into, {}, read);
        if (!is_known) refuse_unknown_setting(name, known);
    }
}

/// All settings of the struct as text.
template <class Settings>
hotswap::settings settings_in_words(Settings const& of) {
    hotswap::settings all;
    auto const write = [&](std::string const& name, auto const& field) {
        all.emplace(name, setting_text(field));
    };
    for_each_setting(of, {}, write);
    return all;
}

template <class T>
concept checks_settings = requires(typename T::settings const& wanted) {
    T::check_settings(wanted);
};
template <class T>
concept hears_of_settings = requires(T& component) {
    component.settings_changed();
};

template <class Functions>
struct settings_functions {
    using component = typename Functions::component;
    using state = typename component::state;

    static component& instance(void* object) noexcept {
        return static_cast<typename Functions::live*>(object)->component;
    }

    static abi::status configure(void* object, void* on, abi::argument_list const* changes,
                                 abi::error* why) noexcept {
        auto const change_all = [=] {
            std::vector<setting> wanted;
            for (auto const& each : std::span(changes->data, changes->size))
                wanted.push_back({{each.name.data, each.name.size}, {each.value.data, each.value.size}});
            if constexpr (declares_settings<component>)
                change(instance(object), static_cast<state*>(on)->settings, wanted);
            else
                instance(object).configure(std::span<setting const>(wanted));
        };
        return guarded(why, change_all, abi::status::refused);
    }

    template <class Settings>
    static void change(component& of, Settings& now, std::span<setting const> changes) {
        auto wanted = now;
        read_settings(changes, wanted);
        if constexpr (checks_settings<component>) component::check_settings(wanted);
        std::swap(now, wanted);
        if constexpr (hears_of_settings<component>) {
            try {
                of.settings_changed();
            } catch (...) {
                std::swap(now, wanted);
                guarded(nullptr, [&] { of.settings_changed(); });
                throw;
            }
        }
    }

    static abi::status list_settings(void* object, void const* on, abi::setting_sink* out,
                                     abi::error* why) noexcept {
        return guarded(why, [=] {
            auto const add = [out](std::string const& name, std::string const& value) {
                if (!out->add(out, {name.data(), name.size()}, {value.data(), value.size()}))
                    throw std::bad_alloc();
            };
            hotswap::settings all;
            if constexpr (declares_settings<component>)
                all = settings_in_words(static_cast<state const*>(on)->settings);
            else
                all = instance(object).configuration();
            for (auto const& [name, value] : all) add(name, value);
        });
    }
};

}  // namespace hotswap::sdk
