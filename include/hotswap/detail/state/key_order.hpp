// Whether a container's entries are where this module looks for them.
//
// Order and hash of a key are code: the entries that another module put into a container lie where its code
// placed them. Equal names of these functions prove nothing; a lookup of an entry does.
#pragma once

#include <hotswap/detail/state/value.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace hotswap {

/// Whether the author promises that order, hash and equality of `Key` never change, in any module: as with the keys of the
/// standard library, a downgrade then does not look up rows in its pause to check them.
/// Specialize it: `template <> inline constexpr bool hotswap::has_fixed_order<shop::sku> = true;`
template <class Key>
inline constexpr bool has_fixed_order = false;

}  // namespace hotswap

namespace hotswap::detail {

template <class T>
T copy_of(T const& original);

template <class T>
constexpr bool is_library_text() noexcept {
    if constexpr (is_instance<T, std::basic_string>)
        return std::is_arithmetic_v<typename T::value_type> &&
               compilers_name<typename T::traits_type>().starts_with("std::");
    else
        return false;
}

/// Whether the standard library alone hashes and compares a `Key`, unless the container names other
/// functions.
template <class Key>
constexpr bool is_library_key() noexcept {
    return std::is_arithmetic_v<Key> || is_library_text<Key>();
}

template <class Key>
constexpr bool is_library_ordered() noexcept;
template <class Tuple, std::size_t... I>
constexpr bool are_library_ordered(std::index_sequence<I...>) noexcept {
    // A NaN has no place in an order of pairs or tuples.
    return ((is_library_ordered<std::remove_const_t<std::tuple_element_t<I, Tuple>>>() &&
             !std::is_floating_point_v<std::tuple_element_t<I, Tuple>>)&&...);
}
/// As `is_library_key`, for order alone.
template <class Key>
constexpr bool is_library_ordered() noexcept {
    if constexpr (is_duration<Key> || is_time_point<Key>)
        return std::is_arithmetic_v<typename Key::rep>;
    else if constexpr (is_instance<Key, std::pair> || is_instance<Key, std::tuple>)
        return are_library_ordered<Key>(std::make_index_sequence<std::tuple_size_v<Key>>{});
    else
        return is_library_key<Key>();
}

template <class Policy>
constexpr bool is_library_policy() noexcept {
    for (std::string_view const name : {"std::less<", "std::greater<", "std::hash<", "std::equal_to<",
                                        "hotswap::table_hash<", "hotswap::table_equal<"})
        if (compilers_name<Policy>().starts_with(name)) return true;
    return compilers_name<Policy>() == "hotswap::seeded_hash";
}

/// Whether code outside the standard library decides where an entry of the container `T` lies, so that two
/// modules may differ.
template <class T>
constexpr bool has_own_order() noexcept {
    if constexpr (requires { requires has_fixed_order<typename T::key_type>; })
        return false;
    else if constexpr (requires { typename T::hasher; })
        return !is_library_policy<typename T::hasher>() || !is_library_policy<typename T::key_equal>() ||
               !is_library_key<typename T::key_type>();
    else if constexpr (requires { typename T::key_compare; })
        return !is_library_policy<typename T::key_compare>() || !is_library_ordered<typename T::key_type>();
    else
        return false;
}

/// Whether the container `T` may hold a key only once.
template <class T>
inline constexpr bool has_unique_keys = requires(T& c, typename T::value_type&& v) {
    c.insert(std::move(v)).second;
};

template <class T>
constexpr auto const& key_in(typename T::value_type const& entry) noexcept {
    if constexpr (requires { typename T::mapped_type; })
        return entry.first;
    else
        return entry;
}

/// Whether lookup finds the entry by its key.
template <class T>
bool is_found(T const& in, typename T::value_type const& entry) {
    auto const at = in.find(key_in<T>(entry));
    if constexpr (has_unique_keys<T>)
        return at != in.end() && std::addressof(*at) == std::addressof(entry);
    else
        return at != in.end();
}

/// Whether a key is equal to itself: a key that is not is never found, in any module.
template <class T>
bool is_findable(typename T::key_type const& key) {
    if constexpr (requires { typename T::hasher; })
        return typename T::key_equal{}(key, key);
    else
        return true;
}

/// Whether `before` may come before `after`.
template <class T>
bool is_ascending(T const& in, typename T::value_type const& before, typename T::value_type const& after) {
    if constexpr (has_unique_keys<T>)
        return in.key_comp()(key_in<T>(before), key_in<T>(after));
    else
        return !in.key_comp()(key_in<T>(after), key_in<T>(before));
}

/// Names of a container and its policies, as refusals print them.
struct order_names {
    std::string_view container;
    std::string_view key;
    std::string_view policy;
    std::string_view equality;  ///< of a hashed container; empty: it is ordered
};

template <class T>
constexpr order_names order_names_of() {
    constexpr auto container = template_name<T>().empty() ? type_name<T>() : template_name<T>();
    if constexpr (requires { typename T::hasher; })
        return {container, type_name<typename T::key_type>(), type_name<typename T::hasher>(),
                type_name<typename T::key_equal>()};
    else
        return {container, type_name<typename T::key_type>(), type_name<typename T::key_compare>(), {}};
}

// Once in a module, for all its containers: this code is cold.
[[gnu::noinline, gnu::cold]] inline std::string order_in_words(order_names const& of) {
    std::string text(of.container);
    text.append(" with keys of ").append(of.key).append(" (").append(of.policy);
    if (!of.equality.empty()) text.append(", ").append(of.equality);
    return text += ')';
}

[[gnu::noinline, gnu::cold]] inline std::string key_twice_in_words(order_names const& of) {
    std::string text("a ");
    text.append(order_in_words(of));
    text.append(
        " holds two keys that are equal to this module, so that no module could read it; erase one of them, "
        "or go back to the release whose order or hash filled it");
    return text;
}

/// Container and policies in words: "std::map with keys of shop::key (std::less<shop::key>)".
template <class T>
std::string name_order() {
    static constexpr auto names = order_names_of<T>();
    return order_in_words(names);
}

/// The fault of a container that cannot be read back, and the remedy.
template <class T>
std::string name_key_twice() {
    static constexpr auto names = order_names_of<T>();
    return key_twice_in_words(names);
}

/// Watches the entries of a container while they are written, for two with equal keys: reading would refuse
/// them.
/// Cost:     a comparison or a lookup for each entry; a copy of all keys if one is misplaced.
template <class T>
class key_watch {
public:
    explicit key_watch(T const& of) noexcept : of_(of) {}

    void meet(typename T::value_type const& entry) {
        if constexpr (requires { typename T::hasher; })
            is_misplaced_ = is_misplaced_ || !is_found(of_, entry);
        else
            is_misplaced_ = is_misplaced_ || (last_ != nullptr && !is_ascending(of_, *last_, entry));
        last_ = std::addressof(entry);
    }
    /// Called after all entries were met.
    bool has_key_twice() const { return is_misplaced_ && is_smaller_once_read(); }

private:
    // Builds the container as an archive reads it.
    bool is_smaller_once_read() const {
        T again;
        for (auto const& entry : of_) {
            if constexpr (requires { typename T::mapped_type; })
                again.emplace_hint(again.end(), copy_of(entry.first), typename T::mapped_type{});
            else
                again.emplace_hint(again.end(), copy_of(entry));
        }
        return again.size() != of_.size();
    }

    T const& of_;
    typename T::value_type const* last_ = nullptr;
    bool is_misplaced_ = false;
};

}  // namespace hotswap::detail
