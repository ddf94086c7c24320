// Settings by name, as an operator writes them: the bridge between the text and the typed settings of a contract.
#pragma once

#include <hotswap/contracts/values.hpp>
#include <hotswap/settings.hpp>

#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace hotswap::plugins {

using sdk::setting_text;

/// One setting of a contract's typed `Settings`: its name, and how its text is read into them and written from them.
template <class Settings>
struct named_setting {
    std::string_view name;
    void (*read)(Settings& into, std::string_view name, std::string_view text);
    std::optional<std::string> (*text)(
        Settings const& from);  ///< none: the release does not have the setting
};

template <class Value>
std::optional<std::string> text_if_set(Value const& value) {
    return setting_text(value);
}
template <class Value>
std::optional<std::string> text_if_set(std::optional<Value> const& value) {
    if (!value) return std::nullopt;
    return setting_text(*value);
}

/// The entry of a field, for a list of `named_setting`.
template <class Settings, auto Field>
constexpr named_setting<Settings> setting_of(std::string_view name) {
    return {name,
            [](Settings& into, std::string_view of, std::string_view text) {
                sdk::read_setting(of, text, into.*Field);
            },
            [](Settings const& from) { return text_if_set(from.*Field); }};
}

/// The text of all settings that `from` has.
template <class Settings>
hotswap::settings settings_by_name(Settings const& from, std::span<named_setting<Settings> const> known) {
    hotswap::settings all;
    for (auto const& each : known)
        if (auto text = each.text(from)) all.emplace(each.name, std::move(*text));
    return all;
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
