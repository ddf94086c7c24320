// Settings by name, as an operator writes them: the bridge between the text and the typed settings of a contract.
#pragma once

#include <hotswap/contracts/values.hpp>
#include <hotswap/detail/abi/chrono.hpp>

#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace hotswap::plugins {

/// Reads a whole number. Errors: std::invalid_argument that names the setting and the text.
template <class Number>
void read_setting(std::string_view name, std::string_view text, Number& into) {
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size())
        throw std::invalid_argument("the setting " + std::string(name) + " is \"" + std::string(text) +
                                    "\", expected a whole number up to " +
                                    std::to_string(std::numeric_limits<Number>::max()));
}

/// Reads a duration: a whole number with a unit, "250ms".
/// Errors:   std::invalid_argument that names the setting and the text.
inline void read_setting(std::string_view name, std::string_view text, std::chrono::nanoseconds& into) {
    static constexpr std::pair<std::string_view, std::int64_t> units[] = {{"ns", 1},
                                                                          {"us", 1'000},
                                                                          {"ms", 1'000'000},
                                                                          {"min", 60'000'000'000},
                                                                          {"s", 1'000'000'000},
                                                                          {"h", 3'600'000'000'000}};
    for (auto const& [unit, length] : units) {
        if (!text.ends_with(unit)) continue;
        auto const digits = text.substr(0, text.size() - unit.size());
        std::int64_t count = 0;
        std::int64_t total = 0;
        auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
        if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size() ||
            __builtin_mul_overflow(count, length, &total))
            continue;
        into = std::chrono::nanoseconds(total);
        return;
    }
    throw std::invalid_argument("the setting " + std::string(name) + " is \"" + std::string(text) +
                                "\", expected a whole number with a unit: 250ms, 10s, 5min, 2h");
}

template <class Value>
void read_setting(std::string_view name, std::string_view text, std::optional<Value>& into) {
    read_setting(name, text, into.emplace());
}

/// One setting of a contract's typed `Settings`: its name, and how its text is read into them.
template <class Settings>
struct named_setting {
    std::string_view name;
    void (*read)(Settings& into, std::string_view name, std::string_view text);
};

/// The entry of a field, for a list of `named_setting`.
template <class Settings, auto Field>
constexpr named_setting<Settings> setting_of(std::string_view name) {
    return {name, [](Settings& into, std::string_view of, std::string_view text) {
                read_setting(of, text, into.*Field);
            }};
}

/// The typed form of `wanted`.
/// Errors:   std::invalid_argument for a name that is not among `known`, which the message lists if there are any, a name
///           that is given twice, and a value that is none.
template <class Settings>
Settings read_settings(std::span<contracts::setting const> wanted,
                       std::span<named_setting<Settings> const> known, Settings settings = {}) {
    for (std::size_t i = 0; i != wanted.size(); ++i) {
        for (std::size_t before = 0; before != i; ++before)
            if (wanted[before].name == wanted[i].name)
                throw std::invalid_argument("the setting " + std::string(wanted[i].name) + " is given twice");
        named_setting<Settings> const* found = nullptr;
        std::string names;
        for (auto const& each : known) {
            if (each.name == wanted[i].name) found = &each;
            names.append(names.empty() ? "" : ", ").append(each.name);
        }
        if (found == nullptr)
            throw std::invalid_argument(
                "there is no setting " + std::string(wanted[i].name) +
                (names.empty() ? "; this release has no settings, newer ones have" : "; the settings are ") +
                names);
        found->read(settings, wanted[i].name, wanted[i].value);
    }
    return settings;
}

}  // namespace hotswap::plugins
