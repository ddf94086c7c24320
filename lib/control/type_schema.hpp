// JSON Schemas of described types, in the form that json_writer gives them.
#pragma once

#include "base/enum_name.hpp"
#include "report/json_names.hpp"

#include <hotswap/describe.hpp>
#include <hotswap/detail/state/names.hpp>
#include <hotswap/module_ref.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/mp11/algorithm.hpp>

#include <concepts>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::detail {

/// Collects the schemas of structs and enumerations by name, so that each is written once.
class type_schemas {
public:
    using object = boost::json::object;

    /// The schema of `T`, or a reference to it.
    template <class T>
    object of() {
        if constexpr (std::same_as<T, bool>) {
            return {{"type", "boolean"}};
        } else if constexpr (std::integral<T>) {
            return {{"type", "integer"}};
        } else if constexpr (std::same_as<T, std::string> || std::same_as<T, std::filesystem::path> ||
                             std::same_as<T, module_ref> || std::same_as<T, errc>) {
            return {{"type", "string"}};
        } else if constexpr (is_time<T>) {
            return {{"type", "integer"}, {"format", "int64"}, {"description", "nanoseconds"}};
        } else if constexpr (is_optional<T>) {
            return of<typename T::value_type>();
        } else if constexpr (is_list<T>) {
            return {{"type", "array"}, {"items", of<typename T::value_type>()}};
        } else if constexpr (is_texts<T>) {
            return {{"type", "object"}, {"additionalProperties", {{"type", "string"}}}};
        } else {
            return reference<T>();
        }
    }

    object take() { return std::move(all_); }

private:
    template <class T>
    static constexpr bool is_optional = false;
    template <class T>
    static constexpr bool is_list = false;
    template <class T>
    static constexpr bool is_texts = std::same_as<T, std::map<std::string, std::string, std::less<>>>;

    template <class T>
    object reference() {
        std::string const name(own_name<T>());
        if (!all_.contains(name)) {
            all_[name] = nullptr;  // a type within itself refers to it
            if constexpr (described_enum<T>)
                all_[name] = enumeration<T>();
            else
                all_[name] = structure<T>();
        }
        return {{"$ref", "#/components/schemas/" + name}};
    }
    template <class T>
    static object enumeration() {
        boost::json::array names;
        boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto each) {
            auto const name = enum_name(each.value);
            names.push_back(boost::json::string(name.data(), name.size()));
        });
        return {{"type", "string"}, {"enum", std::move(names)}};
    }
    template <class T>
    object structure() {
        object properties;
        boost::mp11::mp_for_each<described_members<T>>([&](auto each) {
            using member = std::remove_cvref_t<decltype(std::declval<T&>().*each.pointer)>;
            properties[json_name<member>(each.name)] = of<member>();
        });
        return {{"type", "object"}, {"properties", std::move(properties)}};
    }

    object all_;
};

template <class T>
inline constexpr bool type_schemas::is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool type_schemas::is_list<std::vector<T>> = true;

}  // namespace hotswap::detail
