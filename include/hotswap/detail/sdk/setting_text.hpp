// Settings as text: how a value is read from an operator's words, and written for them.
#pragma once

#include <hotswap/detail/abi/chrono.hpp>
#include <hotswap/detail/state/names.hpp>

#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <optional>
#include <ratio>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

namespace hotswap::sdk {

[[noreturn]] inline void refuse_setting(std::string_view name, std::string_view text,
                                        std::string_view expected) {
    throw std::invalid_argument("the setting " + std::string(name) + " is \"" + std::string(text) +
                                "\", expected " + std::string(expected));
}

/// A unit of numbers or of durations, and its size.
struct setting_unit {
    std::string_view name;
    std::int64_t size;
};
inline constexpr setting_unit units_of_bytes[] = {
    {"KiB", std::int64_t{1} << 10}, {"MiB", std::int64_t{1} << 20}, {"GiB", std::int64_t{1} << 30}};
// "min" before "m…" units that end alike: the first that fits and leaves a number is taken.
inline constexpr setting_unit units_of_time[] = {{"ns", 1},
                                                 {"us", 1'000},
                                                 {"ms", 1'000'000},
                                                 {"min", 60'000'000'000},
                                                 {"s", 1'000'000'000},
                                                 {"h", 3'600'000'000'000}};

/// Reads `text` as a whole number; false if it is none, or out of range.
template <class Number>
bool read_whole(std::string_view text, Number& into) noexcept {
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
    return !text.empty() && error == std::errc{} && end == text.data() + text.size();
}

/// Reads a number with one of the units; false if it has none of them, or is out of range.
template <class Units>
bool read_with_unit(std::string_view text, Units const& units, std::int64_t& into) noexcept {
    for (auto const& unit : units) {
        std::int64_t count = 0;
        if (text.ends_with(unit.name) && read_whole(text.substr(0, text.size() - unit.name.size()), count))
            return !__builtin_mul_overflow(count, unit.size, &into);
    }
    return false;
}

// Each reads the setting `name` from `text`. Errors: throws std::invalid_argument that names both, and what was expected.

inline void read_setting(std::string_view name, std::string_view text, bool& into) {
    if (text != "true" && text != "false") refuse_setting(name, text, "true or false");
    into = text == "true";
}

template <class Number>
requires(std::integral<Number> && !std::same_as<Number, bool>)  //
    void read_setting(std::string_view name, std::string_view text, Number& into) {
    std::int64_t bytes = 0;
    if (read_whole(text, into)) return;
    if (read_with_unit(text, units_of_bytes, bytes) && std::in_range<Number>(bytes)) {
        into = static_cast<Number>(bytes);
        return;
    }
    using range = std::numeric_limits<Number>;
    refuse_setting(name, text,
                   "a whole number from " + std::to_string(range::min()) + " to " +
                       std::to_string(range::max()) + " (also 4KiB, 64MiB, 2GiB)");
}

template <std::floating_point Number>
void read_setting(std::string_view name, std::string_view text, Number& into) {
    std::string const whole(text);
    char* end = nullptr;
    auto const number = std::strtod(whole.c_str(), &end);
    if (whole.empty() || end != whole.c_str() + whole.size() || !std::isfinite(number))
        refuse_setting(name, text, "a number: 0.25, 1e6");
    into = static_cast<Number>(number);
}

template <class Rep, class Period>
void read_setting(std::string_view name, std::string_view text, std::chrono::duration<Rep, Period>& into) {
    using wanted = std::chrono::duration<Rep, Period>;
    std::int64_t count = 0;
    auto const is_read = read_with_unit(text, units_of_time, count);
    std::chrono::nanoseconds const exact(count);
    auto const rounded = std::chrono::duration_cast<wanted>(exact);
    if (!is_read || std::chrono::duration_cast<std::chrono::nanoseconds>(rounded) != exact)
        refuse_setting(name, text, "a whole number with a unit: 250ms, 10s, 5min, 2h");
    into = rounded;
}

inline void read_setting(std::string_view, std::string_view text, std::string& into) { into = text; }

template <class Enum>
requires std::is_enum_v<Enum>
void read_setting(std::string_view name, std::string_view text, Enum& into) {
    bool is_found = false;
    std::string known;
    detail::for_each_enumerator<Enum>([&](std::uint64_t value, std::string_view each) {
        known.append(known.empty() ? "" : ", ").append(each);
        if (each != text) return;
        into = static_cast<Enum>(static_cast<std::underlying_type_t<Enum>>(value));
        is_found = true;
    });
    if (!is_found) refuse_setting(name, text, "one of " + known);
}

template <class Value>
void read_setting(std::string_view name, std::string_view text, std::optional<Value>& into) {
    if (text == "none")
        into.reset();
    else
        read_setting(name, text, into.emplace());
}

// Each writes a value in a form that `read_setting` reads.

inline std::string setting_text(bool value) { return value ? "true" : "false"; }
template <class Number>
requires(std::integral<Number> && !std::same_as<Number, bool>)  //
    std::string setting_text(Number value) {
    return std::to_string(value);
}
template <std::floating_point Number>
std::string setting_text(Number value) {
    char text[64];
    auto const [end, error] = std::to_chars(text, text + sizeof text, value);
    return {text, error == std::errc{} ? end : text};
}
template <class Rep, class Period>
std::string setting_text(std::chrono::duration<Rep, Period> value) {
    auto const count = std::chrono::duration_cast<std::chrono::nanoseconds>(value).count();
    setting_unit best = units_of_time[0];
    for (auto const& unit : units_of_time)
        if (count != 0 && count % unit.size == 0 && unit.size > best.size) best = unit;
    return count == 0 ? "0s" : std::to_string(count / best.size) + std::string(best.name);
}
inline std::string setting_text(std::string const& value) { return value; }
template <class Enum>
requires std::is_enum_v<Enum> std::string setting_text(Enum value) {
    std::string name;
    auto const wanted = static_cast<std::uint64_t>(static_cast<std::underlying_type_t<Enum>>(value));
    detail::for_each_enumerator<Enum>([&](std::uint64_t each, std::string_view text) {
        if (each == wanted) name = text;
    });
    return name;
}
template <class Value>
std::string setting_text(std::optional<Value> const& value) {
    return value ? setting_text(*value) : "none";
}

}  // namespace hotswap::sdk
