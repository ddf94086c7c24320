// A fingerprint of a state's layout in memory and in the archive, computed at compile time.
#pragma once

#include <hotswap/detail/abi/descriptor.hpp>
#include <hotswap/detail/state/key_order.hpp>
#include <hotswap/detail/state/names.hpp>
#include <hotswap/detail/state/refusal.hpp>
#include <hotswap/detail/state/value.hpp>

#include <boost/version.hpp>

#include <cstdint>
#include <string_view>

namespace hotswap {

/// The layout of a state's struct: equal fingerprints mean equal types, sizes, alignments and order, and
/// equal names of fields, enumerators and nested types, through containers and nested structs. Not included:
/// the name of the state itself, which its schema replaces, namespaces, and the arguments of templates that
/// are aggregates.
struct layout {
    std::uint64_t fingerprint = 14695981039346656037u;
    bool opaque = false;     ///< some class is known by name and size only, so equality proves nothing
    bool bound = false;      ///< some container may point into the module that made it
    bool tables = false;     ///< some field is a table
    bool own_order = false;  ///< some container's order or hash is not the standard library's
    /// The release of Boost (108100 is 1.81) whose containers are among the fields: another release may lay
    /// them out in another way, and writes the same archive. 0: there are none.
    std::uint32_t boost = 0;

    constexpr bool operator==(layout const&) const noexcept = default;
};

namespace detail {

// FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/
constexpr void mix(layout& l, std::string_view text) noexcept {
    for (char const c : text) {
        l.fingerprint ^= static_cast<unsigned char>(c);
        l.fingerprint *= 1099511628211u;
    }
    l.fingerprint ^= 0xff;
    l.fingerprint *= 1099511628211u;
}
constexpr void mix(layout& l, std::uint64_t number) noexcept {
    for (int i = 0; i != 8; ++i) {
        l.fingerprint ^= (number >> (8 * i)) & 0xff;
        l.fingerprint *= 1099511628211u;
    }
}

template <class... Ancestors>
struct ancestry {
    /// The position of `T` among the ancestors, from 1 on; 0 if it is not one of them.
    template <class T>
    static constexpr std::uint64_t place_of = [] {
        std::uint64_t place = 0;
        std::uint64_t at = 0;
        ((++at, place = std::is_same_v<T, Ancestors> ? at : place), ...);
        return place;
    }();
    template <class T>
    using with = ancestry<Ancestors..., T>;
};

template <class T, class Path>
constexpr void describe(layout& l);

template <class T, class Path, std::size_t I>
constexpr void describe_field(layout& l) {
    if constexpr (!std::is_const_v<field_type<T, I>>) mix(l, field_name<T, I>());  // else it is refused below
    describe<field_type<T, I>, Path>(l);
}
template <class T, class Path, std::size_t... I>
constexpr void describe_fields(layout& l, std::index_sequence<I...>) {
    (describe_field<T, Path, I>(l), ...);
}
template <class T, class Path, std::size_t... I>
constexpr void describe_elements(layout& l, std::index_sequence<I...>) {
    (describe<std::remove_const_t<std::tuple_element_t<I, T>>, Path>(l), ...);
}
template <class T, class Path, std::size_t... I>
constexpr void describe_alternatives(layout& l, std::index_sequence<I...>) {
    (describe<std::variant_alternative_t<I, T>, Path>(l), ...);
}

// A separate function, so that it is instantiated after the fields.
template <class T>
constexpr void check_struct() {
    static_assert(sizeof(state_struct<T>) != 0);
}

// Order and hashing decide where an entry lies; only the standard ones are left out.
template <class T>
constexpr void describe_policy(layout& l) {
    constexpr auto name = compilers_name<T>();
    if constexpr (!name.starts_with("std::less<") && !name.starts_with("std::hash<") &&
                  !name.starts_with("std::equal_to<"))
        mix(l, type_name<T>());
}

// Separate constants, so that each compiles within its own step limit.

// An allocator whose blocks come from operator new.
template <class Allocator>
inline constexpr bool is_library_allocator = [] {
    constexpr auto name = compilers_name<Allocator>();
    return name.starts_with("std::allocator<") || name.starts_with("boost::container::new_allocator<") ||
           (name.starts_with("boost::container::small_vector_allocator<") &&
            name.find("boost::container::new_allocator<") != std::string_view::npos);
}();

// Whether name and elements determine the fields: false for a class that only resembles one of the library's,
// and if an option of Boost's changes its fields.
template <class T>
inline constexpr bool is_library_class = [] {
    constexpr auto name = compilers_name<T>();
    return name.starts_with("std::") ||
           (name.starts_with("boost::") && name.find("_opt<") == std::string_view::npos);
}();

// Memory of the author's own allocator may lie in the module that made it, and an allocator with a state may
// point there.
template <class T>
constexpr void describe_allocator(layout& l) {
    if constexpr (requires { typename T::allocator_type; })
        if (!std::is_empty_v<typename T::allocator_type> || !is_library_allocator<typename T::allocator_type>)
            l.bound = true;
}

template <class T>
constexpr void describe_origin(layout& l) {
    if (!is_library_class<T>) l.opaque = true;
}

template <class T, class Path>
constexpr void describe_container(layout& l) {
    using element = typename T::value_type;
    mix(l, template_name<T>());
    if constexpr (requires { typename T::mapped_type; }) {
        describe<typename T::key_type, Path>(l);
        describe<typename T::mapped_type, Path>(l);
    } else {
        describe<element, Path>(l);
    }
    if constexpr (requires { typename T::key_compare; }) describe_policy<typename T::key_compare>(l);
    if constexpr (requires { typename T::hasher; }) {
        describe_policy<typename T::hasher>(l);
        describe_policy<typename T::key_equal>(l);
    }
    describe_allocator<T>(l);
    describe_origin<T>(l);
    if (has_own_order<T>()) l.own_order = true;
    // Observed: an empty boost::unordered_flat_map points at a table of the module that made it.
    if (compilers_name<T>().starts_with("boost::unordered")) l.bound = true;
}

template <class T>
constexpr void describe_scalar(layout& l);

template <class T>
constexpr void describe_enumeration(layout& l) {
    describe_scalar<std::underlying_type_t<T>>(l);
    mix(l, own_name<T>());
    if constexpr (has_known_enumerators<T>)
        for_each_enumerator<T>([&l](std::uint64_t value, std::string_view name) {
            mix(l, value);
            mix(l, name);
        });
}

template <class T>
constexpr void describe_scalar(layout& l) {
    if constexpr (std::is_enum_v<T>)
        describe_enumeration<T>(l);
    else
        mix(l, std::is_floating_point_v<T> ? "floating" : std::is_signed_v<T> ? "signed" : "unsigned");
}

template <class T, class Path>
constexpr void describe_class(layout& l) {
    constexpr kind k = kind_of<T>();
    using path = typename Path::template with<T>;
    if constexpr (constexpr std::uint64_t place = Path::template place_of<T>; place != 0) {
        mix(l, "ancestor");
        mix(l, place);
    } else if constexpr (k == kind::aggregate) {
        static_assert(sizeof(state_aggregate<T>) != 0);
        mix(l, "struct");
        if constexpr (!std::is_same_v<Path, ancestry<>>) mix(l, own_name<T>());
        mix(l, field_count<T>);
        describe_fields<T, path>(l, std::make_index_sequence<plain_field_count<T>>{});
        check_struct<T>();
    } else {
        mix(l, type_name<T>());
        l.opaque = true;
    }
}

// Raised whenever the memory layout of a table changes.
inline constexpr std::uint64_t table_form = 1;

template <class T, class Path>
constexpr void describe_table(layout& l) {
    mix(l, "table");
    mix(l, table_form);
    describe<typename T::key_type, Path>(l);
    describe<typename T::mapped_type, Path>(l);
    mix(l, type_name<typename T::hasher>());
    mix(l, type_name<typename T::key_equal>());
    l.tables = true;
    if (has_own_order<T>()) l.own_order = true;
}

template <class T, class Path>
constexpr void describe(layout& l) {
    static_assert(sizeof(state_value<T>) != 0);
    constexpr kind k = kind_of<T>();
    mix(l, static_cast<std::uint64_t>(sizeof(T)));
    mix(l, static_cast<std::uint64_t>(alignof(T)));
    if constexpr (std::is_class_v<T>)
        if (compilers_name<T>().starts_with("boost::")) l.boost = BOOST_VERSION;
    if constexpr (k == kind::boolean && std::is_enum_v<T>) {
        describe_enumeration<T>(l);
    } else if constexpr (k == kind::boolean) {
        mix(l, "bool");
    } else if constexpr (k == kind::scalar) {
        describe_scalar<T>(l);
    } else if constexpr (k == kind::string) {
        mix(l, "string");
        describe<typename T::value_type, Path>(l);
        describe_allocator<T>(l);
        describe_origin<T>(l);
    } else if constexpr (k == kind::duration) {
        mix(l, "duration");
        mix(l, static_cast<std::uint64_t>(T::period::num));
        mix(l, static_cast<std::uint64_t>(T::period::den));
        describe<typename T::rep, Path>(l);
    } else if constexpr (k == kind::time_point) {
        mix(l, type_name<typename T::clock>());
        describe<typename T::duration, Path>(l);
    } else if constexpr (k == kind::array) {
        mix(l, "array");
        mix(l, std::tuple_size_v<T>);
        describe<typename T::value_type, Path>(l);
    } else if constexpr (k == kind::tuple) {
        mix(l, "tuple");
        describe_elements<T, Path>(l, std::make_index_sequence<std::tuple_size_v<T>>{});
    } else if constexpr (k == kind::optional) {
        mix(l, "optional");
        describe<typename T::value_type, Path>(l);
    } else if constexpr (k == kind::unique_ptr) {
        mix(l, "unique_ptr");
        describe_origin<T>(l);
        describe<typename T::element_type, Path>(l);
    } else if constexpr (k == kind::variant) {
        mix(l, "variant");
        describe_alternatives<T, Path>(l, std::make_index_sequence<std::variant_size_v<T>>{});
    } else if constexpr (k == kind::table) {
        describe_table<T, Path>(l);
    } else if constexpr (k == kind::bits || k == kind::sequence || k == kind::set || k == kind::map) {
        describe_container<T, Path>(l);
    } else if constexpr (k != kind::refused) {
        describe_class<T, Path>(l);
    }
}

/// Whether a `T` is, or holds, a container whose order or hash is not the standard library's.
template <class T>
inline constexpr bool orders_of_its_own = [] {
    layout l;
    describe<T, ancestry<>>(l);
    return l.own_order;
}();

}  // namespace detail

/// The layout of `State`. This is also the place where a type that cannot be a state is refused, before any
/// other use of it.
template <class State>
constexpr layout layout_of() {
    layout l;
    detail::describe<State, detail::ancestry<>>(l);
    return l;
}

}  // namespace hotswap
