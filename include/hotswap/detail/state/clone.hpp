// Copies of values that another module made: read in place, and filled again by this module's code.
//
// A copy equals the result of reading the serialized form: entries in their order, each inserted by this
// module's own order and hash. If such a copy cannot be made, it is refused, and the transfer falls back to
// the serialized form, which reports the cause.
#pragma once

#include <hotswap/detail/state/archive_core.hpp>
#include <hotswap/detail/state/key_order.hpp>
#include <hotswap/detail/state/layout.hpp>

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace hotswap::detail {

/// Properties of a type whose values are read in place.
struct reading {
    /// The copy constructor is enough: no class of keys or of pointers is part of the type. (Its assignment
    /// may be the author's code.)
    bool is_plain = true;
    /// Every value of the type could be serialized, and its entries lie where this module looks for them.
    bool is_lendable = true;
    std::size_t depth = 0;  ///< nesting depth of a plain value, as archives count it

    constexpr reading with(reading const& part) const noexcept {
        return {is_plain && part.is_plain, is_lendable && part.is_lendable,
                depth < part.depth ? part.depth : depth};
    }
    constexpr reading nested() const noexcept { return {is_plain, is_lendable, depth + 1}; }
    constexpr reading by_entries() const noexcept { return {false, is_lendable, depth}; }
};

template <class T, class Path>
constexpr reading reading_of();

template <class T, class Path, std::size_t... I>
constexpr reading reading_of_fields(std::index_sequence<I...>) {
    reading all;
    ((all = all.with(reading_of<std::remove_const_t<field_type<T, I>>, Path>())), ...);
    return all;
}
template <class T, class Path, std::size_t... I>
constexpr reading reading_of_elements(std::index_sequence<I...>) {
    reading all;
    ((all = all.with(reading_of<std::remove_const_t<std::tuple_element_t<I, T>>, Path>())), ...);
    return all;
}
template <class T, class Path, std::size_t... I>
constexpr reading reading_of_alternatives(std::index_sequence<I...>) {
    reading all;
    ((all = all.with(reading_of<std::variant_alternative_t<I, T>, Path>())), ...);
    // A variant may hold no value, which only a look at each variant shows.
    return {false, false, all.depth};
}

template <class T, class Path>
constexpr reading reading_of_aggregate() {
    if constexpr (Path::template place_of<T> != 0) {
        return {false, false, 0};  // a type within itself: the nesting depends on the value
    } else {
        auto const fields = reading_of_fields<T, typename Path::template with<T>>(
            std::make_index_sequence<plain_field_count<T>>{});
        return std::is_copy_constructible_v<T> ? fields.nested() : fields.nested().by_entries();
    }
}

template <class T, class Path>
constexpr reading reading_of() {
    constexpr kind k = kind_of<T>();
    if constexpr (k == kind::array || k == kind::sequence)
        return reading_of<typename T::value_type, Path>();
    else if constexpr (k == kind::optional)
        return reading_of<typename T::value_type, Path>().nested();
    else if constexpr (k == kind::unique_ptr)
        return reading_of<typename T::element_type, Path>().nested().by_entries();
    else if constexpr (k == kind::tuple)
        return reading_of_elements<T, Path>(std::make_index_sequence<std::tuple_size_v<T>>{});
    else if constexpr (k == kind::variant)
        return reading_of_alternatives<T, Path>(std::make_index_sequence<std::variant_size_v<T>>{});
    else if constexpr (k == kind::set || k == kind::map)
        return reading_of<std::remove_const_t<typename T::key_type>, Path>()
            .with([] {
                if constexpr (k == kind::map)
                    return reading_of<typename T::mapped_type, Path>();
                else
                    return reading{};
            }())
            .with({true, !has_own_order<T>(), 0})
            .by_entries();
    else if constexpr (k == kind::aggregate)
        return reading_of_aggregate<T, Path>();
    else
        return {};
}

template <class T>
inline constexpr reading how_to_read = reading_of<T, ancestry<>>();

/// Whether a state of another module may be read in place: all its types are known, and no part of it points
/// into a module.
template <class State>
constexpr bool is_readable_in_place() {
    constexpr layout l = layout_of<State>();
    return !l.opaque && !l.bound && !l.tables;
}

/// Whether a plain assignment makes the copy, without the author's code.
template <class T>
constexpr bool is_assigned() {
    constexpr kind k = kind_of<T>();
    if constexpr (k == kind::array || k == kind::tuple || k == kind::aggregate)
        return how_to_read<T>.is_plain && std::is_trivially_copyable_v<T> &&
               std::is_trivially_copy_assignable_v<T>;
    else
        return k == kind::scalar || k == kind::boolean || k == kind::string || k == kind::duration ||
               k == kind::time_point || k == kind::bits;
}

/// Makes copies, one after another.
/// Errors:   throws archive_error for a value that could not be serialized or read back either.
class cloning {
public:
    template <class T>
    void copy(T const& from, T& to) {
        constexpr kind k = kind_of<T>();
        if constexpr (is_assigned<T>()) {
            check_depth<T>();
            to = from;
        } else if constexpr (k == kind::array) {
            for (std::size_t i = 0; i != from.size(); ++i) copy(from[i], to[i]);
        } else if constexpr (k == kind::sequence) {
            copy_sequence(from, to);
        } else if constexpr (k == kind::set || k == kind::map) {
            copy_entries(from, to);
        } else if constexpr (k == kind::tuple) {
            copy_elements(from, to, std::make_index_sequence<std::tuple_size_v<T>>{});
        } else if constexpr (k == kind::optional || k == kind::unique_ptr) {
            copy_pointed(from, to);
        } else if constexpr (k == kind::variant) {
            copy_alternative(from, to);
        } else {
            static_assert(k == kind::aggregate);
            nesting const level(depth_);
            copy_fields(from, to, std::make_index_sequence<plain_field_count<T>>{});
        }
    }

private:
    template <class T>
    void copy_sequence(T const& from, T& to) {
        to.clear();
        if constexpr (how_to_read<T>.is_plain) {
            check_depth<T>();
            to = T(from);
        } else {
            if constexpr (requires { to.reserve(from.size()); }) to.reserve(from.size());
            for (auto const& element : from) {
                to.emplace_back();
                copy(element, to.back());
            }
        }
    }

    // In their order, each at the end: with the same order this costs one comparison for each entry, and
    // neighbours become neighbours in memory.
    template <class T>
    void copy_entries(T const& from, T& to) {
        to.clear();
        if constexpr (requires { to.reserve(from.size()); }) to.reserve(from.size());
        for (auto const& entry : from) copy_entry(entry, to);
        if (to.size() != from.size()) refuse_archive(name_key_twice<T>());
    }
    template <class T>
    void copy_entry(typename T::value_type const& entry, T& to) {
        if constexpr (kind_of<T>() == kind::set) {
            using element = typename T::value_type;
            if constexpr (how_to_read<element>.is_plain) {
                check_depth<element>();
                to.emplace_hint(to.end(), entry);
            } else {
                element made{};
                copy(entry, made);
                to.emplace_hint(to.end(), std::move(made));
            }
        } else {
            using key = typename T::key_type;
            using mapped = typename T::mapped_type;
            if constexpr (how_to_read<key>.is_plain && how_to_read<mapped>.is_plain) {
                check_depth<key>();
                check_depth<mapped>();
                to.emplace_hint(to.end(), entry.first, entry.second);
            } else {
                key name{};
                copy(entry.first, name);
                copy(entry.second, to.emplace_hint(to.end(), std::move(name), mapped{})->second);
            }
        }
    }

    template <class T, std::size_t... I>
    void copy_elements(T const& from, T& to, std::index_sequence<I...>) {
        (copy(std::get<I>(from), std::get<I>(to)), ...);
    }
    template <class T, std::size_t... I>
    void copy_fields(T const& from, T& to, std::index_sequence<I...>) {
        if constexpr (sizeof...(I) != 0) {
            namespace pfr = boost::pfr::detail;
            auto read = pfr::tie_as_tuple(from, pfr::size_t_<sizeof...(I)>{});
            auto written = pfr::tie_as_tuple(to, pfr::size_t_<sizeof...(I)>{});
            (copy(pfr::sequence_tuple::get<I>(read), pfr::sequence_tuple::get<I>(written)), ...);
        }
    }

    template <class T>
    void copy_pointed(T const& from, T& to) {
        nesting const level(depth_);
        to.reset();
        if (!from) return;
        if constexpr (kind_of<T>() == kind::optional)
            copy(*from, to.emplace());
        else
            to.reset(new typename T::element_type()), copy(*from, *to);
    }

    template <class T, std::size_t I = 0>
    void copy_alternative(T const& from, T& to) {
        if constexpr (I == std::variant_size_v<T>)
            refuse_archive("a std::variant of the state holds no value");
        else if (auto const* held = std::get_if<I>(&from))
            copy(*held, to.template emplace<I>());
        else
            copy_alternative<T, I + 1>(from, to);
    }

    template <class T>
    void check_depth() const {
        if (depth_ + how_to_read<T>.depth > max_depth) refuse_archive("the state is nested too deep");
    }

    unsigned depth_ = 0;
};

}  // namespace hotswap::detail
