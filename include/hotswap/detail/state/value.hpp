// The kind of value that a type is for the archive.
#pragma once

#include <hotswap/detail/abi/chrono.hpp>
#include <hotswap/detail/state/fields.hpp>
#include <hotswap/detail/state/type_name.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace boost::serialization {

class version_type;
class collection_size_type;
class item_version_type;
template <class T>
class nvp;
template <class T>
class array_wrapper;
struct binary_object;
template <class T>
struct version;

}  // namespace boost::serialization

namespace hotswap {

template <class Key, class Row, class Hash, class Equal>
class table;

}  // namespace hotswap

namespace hotswap::probe {

// An archive for the check whether a type accepts one; it is never used otherwise.
struct archive {
    using is_saving = std::true_type;
    using is_loading = std::false_type;
    template <class T>
    archive& operator&(T&&);
    template <class T>
    archive& operator<<(T&&);
    template <class T>
    archive& operator>>(T&&);
    unsigned get_library_version() const;
};

struct none {};

// As general as Boost's own fallback, so a call is ambiguous, or selects this function, unless the type has
// an overload.
template <class Archive, class T>
none serialize(Archive&, T&, unsigned const);

template <class T, class Version>
concept has_overload = requires(archive& a, T& value, Version const& version) {
    { serialize(a, value, version) } -> std::same_as<void>;
};

}  // namespace hotswap::probe

namespace hotswap::detail {

template <class T, template <class...> class Template>
inline constexpr bool is_instance = false;
template <template <class...> class Template, class... A>
inline constexpr bool is_instance<Template<A...>, Template> = true;

template <class T>
inline constexpr bool is_std_array = false;
template <class T, std::size_t N>
inline constexpr bool is_std_array<std::array<T, N>> = true;

template <class T>
concept string_like = requires(T& s, typename T::value_type c) {
    s.resize(s.size());
    s.c_str();
    s.push_back(c);
};

template <class T>
inline constexpr bool is_duration = false;
template <class R, class P>
inline constexpr bool is_duration<std::chrono::duration<R, P>> = true;

template <class T>
inline constexpr bool is_time_point = false;
template <class C, class D>
inline constexpr bool is_time_point<std::chrono::time_point<C, D>> = true;

template <class T>
concept unique_ptr_like = requires(T& p) {
    typename T::element_type;
    typename T::deleter_type;
    p.release();
};

// Recognized by its members and its deleter's name, because <memory> alone would cost a component half a
// second of compile time.
template <class T>
constexpr bool is_plain_unique_ptr() noexcept {
    if constexpr (unique_ptr_like<T>) return !std::is_array_v<typename T::element_type> && requires(T & p) {
            *p;
        }
    &&compilers_name<typename T::deleter_type>().starts_with("std::default_delete<");
    else return false;
}

template <class T>
concept complete = requires {
    sizeof(T);
};

template <class T>
concept has_public_serialize = requires(probe::archive& a, T& value) {
    value.serialize(a, 0u);
};

// A name that is inherited from two classes is ambiguous, with any access: so this check also sees private
// members. A final class allows only checks for its possible members: g++ does not check access when it picks
// a function from a set or a template by its type. So in a final class, a private `serialize` that is not a
// template stays unseen.
struct names_serialize {
    int serialize;
};
template <class T>
struct serialize_twice : T, names_serialize {};
template <class T>
constexpr bool has_serialize_name() noexcept {
    if constexpr (has_public_serialize<T>)
        return true;
    else if constexpr (std::is_class_v<T> && !std::is_final_v<T>)
        return !requires { &serialize_twice<T>::serialize; };
    else
        return requires { &T::serialize; }
    || requires { &T::template serialize<probe::archive>; }
    || requires { static_cast<void (T::*)(probe::archive&, unsigned)>(&T::serialize); }
    || requires { static_cast<void (T::*)(probe::archive&)>(&T::serialize); };
}

template <class T, class Version = boost::serialization::version_type>
constexpr bool has_free_serialize() noexcept {
    if constexpr (!std::is_class_v<T>)
        return false;
    else if constexpr (complete<Version>)
        return probe::has_overload<T, Version>;
    else
        return probe::has_overload<T, unsigned>;
}

template <class T>
concept container_like = requires(T& c, T const& k) {
    typename T::value_type;
    typename T::iterator;
    c.clear();
    k.begin();
    k.end();
    k.size();
};
template <class T>
concept sequence_like = container_like<T> && requires(T& c) {
    c.emplace_back();
} && !requires {
    typename T::key_type;
};
template <class T>
concept bool_vector_like = container_like<T> && requires(T& c) {
    c.flip();
    c.push_back(true);
};
template <class T>
concept set_like = container_like<T> && requires(T& c, typename T::value_type&& v) {
    typename T::key_type;
    c.insert(std::move(v));
} && !requires {
    typename T::mapped_type;
};
template <class T>
concept map_like = container_like<T> && requires {
    typename T::key_type;
    typename T::mapped_type;
};
template <class T>
concept unordered_like = requires(T& c) {
    typename T::hasher;
    c.reserve(std::size_t{});
};

/// Writes and reads a table; defined in <hotswap/table.hpp>.
template <class Table>
struct table_archive;

enum class kind {
    refused,
    scalar,
    boolean,
    string,
    duration,
    time_point,
    array,
    sequence,
    bits,
    set,
    map,
    table,
    tuple,
    optional,
    variant,
    unique_ptr,
    nvp,
    array_wrapper,
    binary_object,
    collection_size,
    item_version,
    overload,
    member,
    aggregate,
};

template <class T>
constexpr bool is_boolean() noexcept {
    if constexpr (std::is_enum_v<T>)
        return std::is_same_v<std::underlying_type_t<T>, bool>;
    else
        return std::is_same_v<T, bool>;
}

/// How the archive treats a `T`.
template <class T>
constexpr kind kind_of() noexcept {
    if constexpr (is_boolean<T>())
        return kind::boolean;
    else if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>)
        return kind::scalar;
    else if constexpr (std::is_same_v<T, boost::serialization::binary_object>)
        return kind::binary_object;
    else if constexpr (std::is_same_v<T, boost::serialization::collection_size_type>)
        return kind::collection_size;
    else if constexpr (std::is_same_v<T, boost::serialization::item_version_type>)
        return kind::item_version;
    else if constexpr (!std::is_class_v<T> || std::is_polymorphic_v<T>)
        return kind::refused;
    else if constexpr (is_instance<T, boost::serialization::nvp>)
        return kind::nvp;
    else if constexpr (is_instance<T, boost::serialization::array_wrapper>)
        return kind::array_wrapper;
    else if constexpr (string_like<T>)
        return kind::string;
    else if constexpr (is_duration<T>)
        return kind::duration;
    else if constexpr (is_time_point<T>)
        return kind::time_point;
    else if constexpr (is_std_array<T>)
        return kind::array;
    else if constexpr (is_instance<T, hotswap::table>)
        return kind::table;
    else if constexpr (is_instance<T, std::pair> || is_instance<T, std::tuple>)
        return kind::tuple;
    else if constexpr (is_instance<T, std::optional>)
        return kind::optional;
    else if constexpr (is_instance<T, std::variant>)
        return kind::variant;
    else if constexpr (is_plain_unique_ptr<T>())
        return kind::unique_ptr;
    else if constexpr (has_public_serialize<T>)
        return kind::member;
    else if constexpr (bool_vector_like<T>)
        return kind::bits;
    else if constexpr (map_like<T>)
        return kind::map;
    else if constexpr (set_like<T>)
        return kind::set;
    else if constexpr (sequence_like<T>)
        return kind::sequence;
    else if constexpr (has_free_serialize<T>())
        return kind::overload;
    else if constexpr (std::is_aggregate_v<T>)
        return kind::aggregate;
    else
        return kind::refused;
}

}  // namespace hotswap::detail
