// The author's names: of a type, of the fields of a struct, of the enumerators of an enumeration. Without
// namespaces and template arguments, and the same with every compiler.
#pragma once

#include <hotswap/detail/state/fields.hpp>
#include <hotswap/detail/state/type_name.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <type_traits>
#include <utility>

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-var-template"
#pragma clang diagnostic ignored "-Wundefined-internal"
#if __has_warning("-Wenum-constexpr-conversion")
#pragma clang diagnostic ignored "-Wenum-constexpr-conversion"
#endif
#endif

namespace hotswap::detail {

constexpr bool is_of_identifier(char c) noexcept {
    return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || ('0' <= c && c <= '9') || c == '_' ||
           c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

/// The identifier at the end of `text`; empty if there is none.
constexpr std::string_view last_identifier(std::string_view text) noexcept {
    std::size_t from = text.size();
    while (from != 0 && is_of_identifier(text[from - 1])) --from;
    if (from != text.size() && '0' <= text[from] && text[from] <= '9') return {};
    return text.substr(from);
}

/// The name of `T` alone; empty for a type without a name.
template <class T>
constexpr std::string_view own_name() noexcept {
    constexpr auto name = compilers_name<T>();
    constexpr auto head = head_size(name);
    return last_identifier(head == 0 ? name : name.substr(0, head));
}

// An object that is declared and never defined: only the name of its field is used.
template <class T>
struct named_object {
    T value;
};
template <class T>
extern named_object<T> const never_defined;

template <class Field>
struct place_of_field {
    Field const* at;
};
template <class Field>
place_of_field(Field const*) -> place_of_field<Field>;

template <place_of_field Place>
consteval std::string_view spell_place() noexcept {
    std::string_view text = __PRETTY_FUNCTION__;
    text = text.substr(0, text.rfind("; std::string_view = "));  // g++ also explains the result's type
    while (!text.empty() && !is_of_identifier(text.back())) text.remove_suffix(1);
    return last_identifier(text);
}

/// The name of the field number `I` of the aggregate `T`.
template <class T, std::size_t I>
consteval std::string_view field_name() noexcept {
    return spell_place<place_of_field{
        &boost::pfr::detail::sequence_tuple::get<I>(boost::pfr::detail::tie_as_tuple(
            never_defined<T>.value, boost::pfr::detail::size_t_<field_count<T>>{}))}>();
}

/// The values among which enumerators are searched: [first, first + count), and each power of two above.
template <class Enum>
struct enumerator_range {
    using number = std::underlying_type_t<Enum>;
    static constexpr std::int64_t lowest = -128;
    static constexpr std::int64_t end = 1024;

    static constexpr std::int64_t first = std::is_signed_v<number> ? lowest : 0;
    static constexpr std::size_t bits =
        std::is_same_v<number, bool> ? 1 : sizeof(number) * 8 - (std::is_signed_v<number> ? 1 : 0);
    static constexpr std::int64_t last = bits < 10 ? (std::int64_t{1} << bits) - 1 : end - 1;
    static constexpr std::size_t count = static_cast<std::size_t>(last - first + 1);
    static constexpr std::size_t powers = bits > 10 ? bits - 10 : 0;

    static constexpr number at(std::size_t i) noexcept {
        return static_cast<number>(i < count
                                       ? static_cast<std::uint64_t>(first + static_cast<std::int64_t>(i))
                                       : std::uint64_t{1} << (10 + i - count));
    }
};

#if defined(__clang__) && __clang_major__ >= 20
inline constexpr bool checks_casts = true;
#else
inline constexpr bool checks_casts = false;
#endif

// Without a fixed type an enumeration has no more bits than its enumerators need, and clang++ 20 refuses to
// cast other numbers.
template <class Enum>
inline constexpr bool has_fewer_values = checks_casts && !requires {
    Enum{std::underlying_type_t<Enum>{}};
};
template <class Enum, auto Value>
inline constexpr bool has_value = requires {
    typename std::integral_constant<Enum, static_cast<Enum>(Value)>;
};
template <class Enum, auto Value>
constexpr Enum value_or_zero() noexcept {
    if constexpr (has_value<Enum, Value>) return static_cast<Enum>(Value);
    return static_cast<Enum>(0);
}

template <class Enum, Enum... V>
consteval std::string_view spell_values() noexcept {
    std::string_view text = __PRETTY_FUNCTION__;
    text.remove_prefix(text.find("V = ") + 5);  // and the bracket
    return text;
}

template <class Enum, std::size_t... I>
consteval std::string_view spell_range(std::index_sequence<I...>) noexcept {
    if constexpr (has_fewer_values<Enum>)
        return spell_values<Enum, value_or_zero<Enum, enumerator_range<Enum>::at(I)>()...>();
    else
        return spell_values<Enum, static_cast<Enum>(enumerator_range<Enum>::at(I))...>();
}

/// Reads the elements of a list of template arguments in the compiler's spelling.
class argument_reader {
public:
    explicit constexpr argument_reader(std::string_view list) noexcept : list_(list) {}

    /// The name of the enumerator that is the next element; empty if it is written as a number, `(type)5`.
    constexpr std::string_view next() noexcept {
        // All numbers begin with the same text, so a thousand of them are skipped in few steps.
        std::size_t const skipped = begins_with_type() ? type_size_ : 0;
        std::size_t size = skipped;
        for (int depth = 0; depth != 0 || !ends_element(list_[size]); ++size) {
            if (opens(list_[size])) ++depth;
            if (closes(list_[size])) --depth;
            if (depth == 0 && type_size_ == 0 && list_[size] == ')') type_size_ = type_ending_at(size);
        }
        auto const element = list_.substr(skipped, size - skipped);
        list_.remove_prefix(size + 2 <= list_.size() ? size + 2 : list_.size());
        return last_identifier(element);
    }

private:
    static constexpr bool opens(char c) noexcept { return c == '(' || c == '<' || c == '{'; }
    static constexpr bool closes(char c) noexcept { return c == ')' || c == '>' || c == '}'; }
    static constexpr bool ends_element(char c) noexcept { return c == ',' || closes(c); }

    constexpr bool begins_with_type() const noexcept {
        return type_size_ != 0 && type_size_ < list_.size() && list_.front() == '(' &&
               list_[type_size_ - 1] == ')' && type_ending_at(type_size_ - 1) != 0;
    }
    constexpr std::size_t type_ending_at(std::size_t at) const noexcept {
        char const next = list_[at + 1];
        return list_.front() == '(' && (next == '-' || ('0' <= next && next <= '9')) ? at + 1 : 0;
    }

    std::string_view list_;
    std::size_t type_size_ = 0;
};

/// Whether the names of the enumerators are known. clang++ does not know the names of an enumeration within a
/// class template before one of them is used.
template <class Enum>
inline constexpr bool has_known_enumerators = compilers_name<Enum>().find(">::") == std::string_view::npos &&
                                              !std::is_same_v<Enum, std::byte>;

template <class Enum>
constexpr std::string_view zero_name() noexcept {
    return argument_reader(spell_values<Enum, static_cast<Enum>(0)>()).next();
}

/// Calls `f(value, name)` for each enumerator in the range; of several with one value, for the first.
template <class Enum, class F>
constexpr void for_each_enumerator(F&& f) {
    using range = enumerator_range<Enum>;
    constexpr std::size_t all = range::count + range::powers;
    argument_reader values(spell_range<Enum>(std::make_index_sequence<all>{}));
    for (std::size_t i = 0; i != all; ++i) {
        auto const name = values.next();
        if (name.empty()) continue;
        // All others of that name are numbers that the enumeration cannot have.
        if constexpr (has_fewer_values<Enum>) {
            bool const is_zero = name == zero_name<Enum>();
            if (is_zero && range::at(i) != 0) continue;
        }
        f(static_cast<std::uint64_t>(range::at(i)), name);
    }
}

}  // namespace hotswap::detail

#if defined(__clang__)
#pragma clang diagnostic pop
#endif
