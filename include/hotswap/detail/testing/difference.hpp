// Finds the first difference between two values of a state, field by field, in words.
#pragma once

#include <hotswap/detail/state/archive.hpp>
#include <hotswap/detail/state/fields.hpp>
#include <hotswap/detail/state/memory_sink.hpp>
#include <hotswap/detail/state/names.hpp>
#include <hotswap/detail/state/type_name.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace hotswap::detail {

/// Where two values differ, and what is there.
struct difference {
    std::string place;  ///< "field 2, limits (…), entry "a", field 1, burst (unsigned int)"; may be empty
    std::string words;  ///< "7 became 0"

    difference within(std::string_view outer) const {
        return {std::string(outer) + (place.empty() ? "" : ", ") + place, words};
    }
};
using found_difference = std::optional<difference>;

template <class T>
std::string in_words(T const& value);

template <class T>
std::string text_in_words(T const& value) {
    if constexpr (std::is_same_v<typename T::value_type, char>) {
        constexpr std::size_t longest = 60;
        std::string_view const all(value.data(), value.size());
        return '"' + std::string(all.substr(0, longest)) + (all.size() > longest ? "…\"" : "\"");
    } else {
        return "a text of " + std::to_string(value.size());
    }
}

/// The value in a few words; the type's name if it has no short form.
template <class T>
std::string in_words(T const& value) {
    constexpr kind k = kind_of<T>();
    if constexpr (k == kind::boolean)
        return static_cast<bool>(value) ? "true" : "false";
    else if constexpr (k == kind::scalar && std::is_enum_v<T>)
        return in_words(static_cast<std::underlying_type_t<T>>(value));
    else if constexpr (k == kind::scalar && std::is_integral_v<T> && sizeof(T) == 1)
        return std::to_string(static_cast<int>(value));
    else if constexpr (k == kind::scalar)
        return std::to_string(value);
    else if constexpr (k == kind::string)
        return text_in_words(value);
    else if constexpr (k == kind::duration)
        return in_words(value.count());
    else if constexpr (k == kind::time_point)
        return in_words(value.time_since_epoch());
    else if constexpr (container_like<T>)
        return std::to_string(value.size()) + (value.size() == 1 ? " element" : " elements");
    else if constexpr (is_instance<T, std::pair>)
        return "{" + in_words(value.first) + ", " + in_words(value.second) + "}";
    else
        return "a " + std::string(own_name<T>());
}

template <class T>
std::vector<unsigned char> written(T const& value) {
    std::vector<unsigned char> memory;
    memory_sink sink(memory);
    output_archive(sink.out) << value;
    sink.finish();
    return memory;
}

/// Compares values of one type. Unordered containers and tables are compared whatever their order is.
struct comparison {
    template <class T>
    static found_difference between(T const& before, T const& after) {
        constexpr kind k = kind_of<T>();
        if constexpr (k == kind::scalar && std::is_floating_point_v<T>)
            return said(before == after || (before != before && after != after), before, after);
        else if constexpr (k == kind::scalar || k == kind::boolean || k == kind::string ||
                           k == kind::duration || k == kind::time_point || k == kind::bits)
            return said(before == after, before, after);
        else if constexpr (k == kind::array || k == kind::sequence)
            return of_elements(before, after);
        else if constexpr (k == kind::set || k == kind::map)
            return of_entries(before, after);
        else if constexpr (k == kind::table)
            return of_rows(before, after);
        else if constexpr (k == kind::tuple)
            return of_tuple(before, after, std::make_index_sequence<std::tuple_size_v<T>>{});
        else if constexpr (k == kind::optional || k == kind::unique_ptr)
            return of_pointed(before, after);
        else if constexpr (k == kind::variant)
            return of_alternatives(before, after, std::make_index_sequence<std::variant_size_v<T>>{});
        else if constexpr (k == kind::aggregate)
            return of_fields(before, after, std::make_index_sequence<plain_field_count<T>>{});
        else if constexpr (std::equality_comparable<T>)
            return said(before == after, before, after);
        else
            return said(written(before) == written(after), before, after);
    }

private:
    template <class T>
    static found_difference said(bool equal, T const& before, T const& after) {
        if (equal) return {};
        auto const was = in_words(before);
        auto const is = in_words(after);
        return difference{{}, was == is ? was + " became another one" : was + " became " + is};
    }

    template <class T>
    static found_difference of_elements(T const& before, T const& after) {
        auto other = after.begin();
        std::size_t at = 0;
        for (auto const& each : before) {
            if (other == after.end()) break;
            auto const& same_place = *other;
            if (auto found = between(each, same_place)) return found->within("element " + std::to_string(at));
            ++other, ++at;
        }
        return said(before.size() == after.size(), before, after);
    }

    template <class T>
    static auto const& key_of(typename T::value_type const& entry) {
        if constexpr (kind_of<T>() == kind::map)
            return entry.first;
        else
            return entry;
    }
    template <class T>
    static auto const& value_of(typename T::value_type const& entry) {
        if constexpr (kind_of<T>() == kind::map)
            return entry.second;
        else
            return entry;
    }

    // Of several entries with one key, each must have an equal one that no other entry has.
    template <class T>
    static found_difference of_entries(T const& before, T const& after) {
        std::vector<void const*> taken;
        for (auto const& entry : before) {
            auto const place = "entry " + in_words(key_of<T>(entry));
            auto const [first, last] = after.equal_range(key_of<T>(entry));
            if (first == last) return difference{place, "it is lost"};
            found_difference least;
            bool matched = false;
            for (auto other = first; other != last && !matched; ++other) {
                void const* const address = &*other;
                bool is_taken = false;
                for (auto const* const each : taken) is_taken = is_taken || each == address;
                if (is_taken) continue;
                auto found = between(value_of<T>(entry), value_of<T>(*other));
                matched = !found;
                if (matched && std::next(first) != last) taken.push_back(address);
                if (found && !least) least = std::move(found);
            }
            if (matched) continue;
            return least ? least->within(place) : difference{place, "one of several is lost"};
        }
        if (before.size() == after.size()) return {};
        for (auto const& entry : after)
            if (before.find(key_of<T>(entry)) == before.end())
                return difference{"entry " + in_words(key_of<T>(entry)), "it was not there before"};
        return said(false, before, after);
    }

    template <class T>
    static found_difference of_rows(T const& before, T const& after) {
        found_difference first;
        before.cvisit_all([&](auto const& row) {
            if (first) return;
            auto const found_rows = after.cvisit(
                row.first, [&](auto const& other) { first = between(row.second, other.second); });
            if (found_rows == 0) first = difference{{}, "it is lost"};
            if (first) first = first->within("row " + in_words(row.first));
        });
        if (first || before.size() == after.size()) return first;
        after.cvisit_all([&](auto const& row) {
            if (!first && !before.contains(row.first))
                first = difference{"row " + in_words(row.first), "it was not there before"};
        });
        return first;
    }

    template <class T, std::size_t... I>
    static found_difference of_tuple(T const& before, T const& after, std::index_sequence<I...>) {
        found_difference first;
        auto const compare = [&](auto const& a, auto const& b, std::size_t at) {
            if (!first)
                if (auto found = between(a, b)) first = found->within("element " + std::to_string(at));
        };
        (compare(std::get<I>(before), std::get<I>(after), I), ...);
        return first;
    }

    template <class T>
    static found_difference of_pointed(T const& before, T const& after) {
        if (static_cast<bool>(before) != static_cast<bool>(after))
            return difference{{}, before ? "its value is lost" : "it had no value before"};
        return before ? between(*before, *after) : found_difference{};
    }

    template <class T, std::size_t... I>
    static found_difference of_alternatives(T const& before, T const& after, std::index_sequence<I...>) {
        if (before.index() != after.index())
            return difference{{},
                              "alternative " + std::to_string(before.index()) + " became alternative " +
                                  std::to_string(after.index())};
        found_difference first;
        auto const compare = [&](auto const* a, auto const* b) {
            if (a != nullptr && b != nullptr) first = between(*a, *b);
        };
        (compare(std::get_if<I>(&before), std::get_if<I>(&after)), ...);
        return first;
    }

    template <class T, std::size_t... I>
    static found_difference of_fields(T const& before, T const& after, std::index_sequence<I...>) {
        found_difference first;
        if constexpr (sizeof...(I) != 0) {
            namespace pfr = boost::pfr::detail;
            auto const a = pfr::tie_as_tuple(before, pfr::size_t_<sizeof...(I)>{});
            auto const b = pfr::tie_as_tuple(after, pfr::size_t_<sizeof...(I)>{});
            auto const compare = [&]<std::size_t At>(std::integral_constant<std::size_t, At>) {
                if (first) return;
                using type = std::remove_const_t<field_type<T, At>>;
                if (auto found =
                        between<type>(pfr::sequence_tuple::get<At>(a), pfr::sequence_tuple::get<At>(b)))
                    first = found->within("field " + std::to_string(At + 1) + ", " +
                                          std::string(field_name<T, At>()) + " (" +
                                          std::string(compilers_name<type>()) + ")");
            };
            (compare(std::integral_constant<std::size_t, I>{}), ...);
        }
        return first;
    }
};

}  // namespace hotswap::detail
