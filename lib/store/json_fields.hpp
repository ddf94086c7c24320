// Structs to JSON and back, by the list of fields of each struct.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse_options.hpp>
#include <boost/json/value.hpp>

#include <concepts>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::detail {

/// For reading the store's files: a host may choose any bytes for names and paths.
inline boost::json::parse_options any_text() {
    boost::json::parse_options made;
    made.allow_invalid_utf8 = true;
    return made;
}

/// A struct with `static void fields(auto& self, auto&& f)`, which calls `f(name, field)` for each field.
template <class T>
concept has_fields = requires(T& t) {
    T::fields(t, [](std::string_view, auto&) {});
};

/// Writes a value of one of the types in the store's files.
struct field_writer {
    using value = boost::json::value;

    value operator()(std::string const& text) const { return value(text); }
    value operator()(std::integral auto number) const { return value(number); }
    value operator()(std::map<std::string, std::string, std::less<>> const& texts) const {
        boost::json::object object;
        for (auto const& [name, text] : texts) object[name] = text;
        return object;
    }
    template <class T>
    value operator()(std::vector<T> const& list) const {
        boost::json::array array;
        for (auto const& each : list) array.push_back((*this)(each));
        return array;
    }
    template <has_fields T>
    value operator()(T const& whole) const {
        boost::json::object object;
        T::fields(whole, [&](std::string_view name, auto const& field) { object[name] = (*this)(field); });
        return object;
    }
};

/// Reads such values; false if a field is missing or of another type. An unknown name is ignored.
struct field_reader {
    using value = boost::json::value;

    bool operator()(value const& from, std::string& text) const {
        auto const* const found = from.if_string();
        if (found != nullptr) text.assign(found->data(), found->size());
        return found != nullptr;
    }
    bool operator()(value const& from, std::integral auto& number) const {
        boost::json::error_code error;
        number = from.to_number<std::remove_reference_t<decltype(number)>>(error);
        return !error;
    }
    bool operator()(value const& from, std::map<std::string, std::string, std::less<>>& texts) const {
        auto const* const object = from.if_object();
        if (object == nullptr) return false;
        for (auto const& each : *object)
            if (!(*this)(each.value(), texts[std::string(each.key())])) return false;
        return true;
    }
    template <class T>
    bool operator()(value const& from, std::vector<T>& list) const {
        auto const* const array = from.if_array();
        if (array == nullptr) return false;
        for (auto const& each : *array)
            if (!(*this)(each, list.emplace_back())) return false;
        return true;
    }
    template <has_fields T>
    bool operator()(value const& from, T& whole) const {
        auto const* const object = from.if_object();
        if (object == nullptr) return false;
        bool good = true;
        T::fields(whole, [&](std::string_view name, auto& field) {
            auto const* const found = object->if_contains(name);
            good = good && (found == nullptr ? may_be_missing(field) : (*this)(*found, field));
        });
        return good;
    }

private:
    // Maps of texts were added to the format later: an older file has none.
    static bool may_be_missing(std::map<std::string, std::string, std::less<>> const&) noexcept {
        return true;
    }
    static bool may_be_missing(auto const&) noexcept { return false; }
};

}  // namespace hotswap::detail
