// The attributes of a session, and their limits.
#pragma once

#include "session/states/v3.hpp"

#include <hotswap/contracts/session.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::plugins {

using session_states::v3::attribute;

/// Throws unless these are the name and the value of an attribute.
/// Errors:   std::invalid_argument that says what was expected and found; it does not show the value.
inline void check_attribute(std::string_view name, std::string_view value) {
    if (name.empty() || name.size() > contracts::longest_attribute_name)
        throw std::invalid_argument("the name of an attribute has 1 to " +
                                    std::to_string(contracts::longest_attribute_name) + " bytes, not " +
                                    std::to_string(name.size()));
    if (value.size() > contracts::longest_attribute_value)
        throw std::invalid_argument("the value of an attribute has at most " +
                                    std::to_string(contracts::longest_attribute_value) + " bytes, not " +
                                    std::to_string(value.size()));
}

/// Sets an attribute among those of one session, which are sorted by name, or removes it (no value).
/// Errors:   std::invalid_argument for more attributes or bytes than a session may have; nothing is changed.
inline void put_attribute(std::vector<attribute>& all, std::string_view name,
                          std::optional<std::string_view> value) {
    auto const at = std::lower_bound(all.begin(), all.end(), name,
                                     [](attribute const& a, std::string_view b) { return a.name < b; });
    bool const is_there = at != all.end() && at->name == name;
    if (!value) {
        if (is_there) all.erase(at);
        return;
    }
    std::size_t bytes = name.size() + value->size();
    for (auto const& each : all)
        if (each.name != name) bytes += each.name.size() + each.value.size();
    if (!is_there && all.size() >= contracts::most_session_attributes)
        throw std::invalid_argument("a session has at most " +
                                    std::to_string(contracts::most_session_attributes) + " attributes");
    if (bytes > contracts::most_attribute_bytes)
        throw std::invalid_argument("the attributes of a session have at most " +
                                    std::to_string(contracts::most_attribute_bytes) + " bytes, not " +
                                    std::to_string(bytes));
    if (is_there)
        at->value.assign(*value);
    else
        all.insert(at, attribute{std::string(name), std::string(*value)});
}

/// The attributes that `open` was given.
/// Errors:   std::invalid_argument for one that is out of range or there twice, and for too many.
inline std::vector<attribute> attributes_of(std::span<contracts::session_attribute const> given) {
    if (given.size() > contracts::most_session_attributes)
        throw std::invalid_argument("a session has at most " +
                                    std::to_string(contracts::most_session_attributes) + " attributes, not " +
                                    std::to_string(given.size()));
    std::vector<attribute> all;
    for (auto const& [name, value] : given) {
        check_attribute(name, value);
        auto const before = all.size();
        put_attribute(all, name, value);
        if (all.size() == before) throw std::invalid_argument("an attribute is given twice");
    }
    return all;
}

}  // namespace hotswap::plugins
