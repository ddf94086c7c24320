// The layouts of a module's states as text, for tools and messages: which field differs, and what a snapshot holds.
//
// A type is written as `u32`, `string`, `list<row{a:u64;b:bool}>`; lib/module/layout_type.hpp has the grammar. The text says how a value
// is stored in an archive; the fingerprint (layout.hpp) decides whether two layouts are equal.
#pragma once

#include <hotswap/detail/state/archive_core.hpp>
#include <hotswap/detail/state/layout.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace hotswap::detail {

/// Counts the characters, or writes them where there is room for them.
class layout_writer {
public:
    constexpr explicit layout_writer(char* to = nullptr) noexcept : to_(to) {}

    constexpr void put(char c) noexcept {
        if (to_ != nullptr) to_[size_] = c;
        ++size_;
    }
    constexpr void put(std::string_view text) noexcept {
        for (char const c : text) put(c);
    }
    constexpr void put_number(std::uint64_t number) noexcept {
        char digits[20]{};
        std::size_t count = 0;
        do {
            digits[count++] = static_cast<char>('0' + number % 10);
            number /= 10;
        } while (number != 0);
        while (count != 0) put(digits[--count]);
    }
    constexpr std::size_t size() const noexcept { return size_; }

private:
    char* to_;
    std::size_t size_ = 0;
};

template <class T, class Path>
constexpr void write_layout(layout_writer& to);

/// The enumerators, in a constant of their own, so that each compiles within the compiler's step limit.
template <class Enum>
struct enumerator_text {
    static constexpr void write(layout_writer& to) {
        bool is_first = true;
        if constexpr (has_known_enumerators<Enum>)
            for_each_enumerator<Enum>([&](std::uint64_t value, std::string_view name) {
                if (!is_first) to.put(',');
                is_first = false;
                to.put(name);
                to.put('=');
                to.put_number(value);
            });
    }
    static constexpr std::size_t size = [] {
        layout_writer counted;
        write(counted);
        return counted.size();
    }();
    static constexpr std::array<char, size + 1> text = [] {
        std::array<char, size + 1> made{};
        layout_writer to(made.data());
        write(to);
        return made;
    }();
};

template <class T>
constexpr void write_scalar(layout_writer& to) {
    if constexpr (std::is_enum_v<T>) {
        to.put("enum ");
        to.put(own_name<T>());
        to.put(':');
        write_scalar<std::underlying_type_t<T>>(to);
        to.put('(');
        to.put(std::string_view(enumerator_text<T>::text.data(), enumerator_text<T>::size));
        to.put(')');
    } else if constexpr (is_boolean<T>()) {
        to.put("bool");
    } else {
        to.put(std::is_floating_point_v<T> ? 'f' : std::is_signed_v<T> ? 'i' : 'u');
        to.put_number(8 * stored_size<T>);
    }
}

template <class T, class Path, std::size_t... I>
constexpr void write_fields(layout_writer& to, std::index_sequence<I...>) {
    auto const one = [&]<std::size_t At>(std::integral_constant<std::size_t, At>) {
        if (At != 0) to.put(';');
        to.put(field_name<T, At>());
        to.put(':');
        write_layout<field_type<T, At>, Path>(to);
    };
    (one(std::integral_constant<std::size_t, I>{}), ...);
}
template <class T, class Path, std::size_t... I>
constexpr void write_elements(layout_writer& to, std::index_sequence<I...>) {
    ((to.put(std::string_view(I == 0 ? "" : ",")),
      write_layout<std::remove_const_t<std::tuple_element_t<I, T>>, Path>(to)),
     ...);
}
template <class T, class Path, std::size_t... I>
constexpr void write_alternatives(layout_writer& to, std::index_sequence<I...>) {
    ((to.put(std::string_view(I == 0 ? "" : ",")), write_layout<std::variant_alternative_t<I, T>, Path>(to)),
     ...);
}

template <class T, class Path>
constexpr void write_class(layout_writer& to) {
    using path = typename Path::template with<T>;
    if constexpr (constexpr std::uint64_t place = Path::template place_of<T>; place != 0) {
        to.put('^');
        to.put_number(place);
    } else if constexpr (kind_of<T>() == kind::aggregate) {
        if constexpr (!std::is_same_v<Path, ancestry<>>) to.put(own_name<T>());
        to.put('{');
        write_fields<T, path>(to, std::make_index_sequence<plain_field_count<T>>{});
        to.put('}');
    } else {
        to.put("opaque ");
        to.put(own_name<T>());
    }
}

/// `name<element>`, of a type with one element type.
template <class Element, class Path>
constexpr void write_of(layout_writer& to, std::string_view name) {
    to.put(name);
    to.put('<');
    write_layout<Element, Path>(to);
    to.put('>');
}

template <class Period>
constexpr void write_period(layout_writer& to) {
    to.put(',');
    to.put_number(static_cast<std::uint64_t>(Period::num));
    to.put('/');
    to.put_number(static_cast<std::uint64_t>(Period::den));
    to.put('>');
}

template <class T, class Path>
constexpr void write_layout(layout_writer& to) {
    constexpr kind k = kind_of<T>();
    if constexpr (k == kind::boolean || k == kind::scalar) {
        write_scalar<T>(to);
    } else if constexpr (k == kind::string) {
        if constexpr (sizeof(typename T::value_type) == 1)
            to.put("string");
        else
            write_of<typename T::value_type, Path>(to, "list");
    } else if constexpr (k == kind::duration) {
        to.put("duration<");
        write_layout<typename T::rep, Path>(to);
        write_period<typename T::period>(to);
    } else if constexpr (k == kind::time_point) {
        to.put("time<");
        write_layout<typename T::duration::rep, Path>(to);
        write_period<typename T::duration::period>(to);
    } else if constexpr (is_hollow<T>()) {
        to.put("{}");
    } else if constexpr (k == kind::array) {
        to.put("array<");
        write_layout<typename T::value_type, Path>(to);
        to.put(',');
        to.put_number(std::tuple_size_v<T>);
        to.put('>');
    } else if constexpr (k == kind::tuple) {
        to.put("tuple<");
        write_elements<T, Path>(to, std::make_index_sequence<std::tuple_size_v<T>>{});
        to.put('>');
    } else if constexpr (k == kind::optional) {
        write_of<typename T::value_type, Path>(to, "optional");
    } else if constexpr (k == kind::unique_ptr) {
        write_of<typename T::element_type, Path>(to, "optional");
    } else if constexpr (k == kind::variant) {
        to.put("variant<");
        write_alternatives<T, Path>(to, std::make_index_sequence<std::variant_size_v<T>>{});
        to.put('>');
    } else if constexpr (k == kind::table || k == kind::map) {
        to.put(k == kind::table ? "table<" : "map<");
        write_layout<typename T::key_type, Path>(to);
        to.put(',');
        write_layout<typename T::mapped_type, Path>(to);
        to.put('>');
    } else if constexpr (k == kind::bits) {
        to.put("list<bool>");
    } else if constexpr (k == kind::sequence || k == kind::set) {
        write_of<typename T::value_type, Path>(to, k == kind::set ? "set" : "list");
    } else if constexpr (k != kind::refused) {
        write_class<T, Path>(to);
    }
}

/// The text of one state, in a constant of its own.
template <class State>
struct layout_text {
    static constexpr std::size_t size = [] {
        layout_writer counted;
        write_layout<State, ancestry<>>(counted);
        return counted.size();
    }();
    static constexpr std::array<char, size + 1> text = [] {
        std::array<char, size + 1> made{};
        layout_writer to(made.data());
        write_layout<State, ancestry<>>(to);
        return made;
    }();
};

/// A line for each version that the walk knows, the oldest first: "2 {limit:u32;rows:table<string,row{…}>}".
template <class Walk>
struct layout_lines {
    template <std::uint32_t... I>
    static constexpr void write(layout_writer& to, std::integer_sequence<std::uint32_t, I...>) {
        (line<Walk::oldest + I>(to), ...);
    }
    template <std::uint32_t Version>
    static constexpr void line(layout_writer& to) {
        using one = layout_text<typename Walk::template state_of<Version>>;
        to.put_number(Version);
        to.put(' ');
        to.put(std::string_view(one::text.data(), one::size));
        to.put('\n');
    }
    using versions = std::make_integer_sequence<std::uint32_t, Walk::version - Walk::oldest + 1>;
    static constexpr std::size_t size = [] {
        layout_writer counted;
        write(counted, versions{});
        return counted.size();
    }();
};

}  // namespace hotswap::detail
