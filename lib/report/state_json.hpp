// The payload of a frame as JSON, by the layout that a module's note has of it: no code of the module runs.
#pragma once

#include "module/layout_type.hpp"

#include <hotswap/failure.hpp>

#include <boost/json/value.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace hotswap::detail {

/// The state with the names of its fields. Numbers as they are; a duration in its own units; a set, and the entries of a map or a
/// table as objects {"key", "value"}, in the order of their bytes, so that equal states give equal JSON; a text that is not UTF-8, and a
/// floating number that JSON does not have, as {"hex": …}.
/// Errors:   bad_snapshot: the bytes are not of that layout; schema_mismatch: the state holds a
///           class that writes itself, so only its module can read it.
result<boost::json::value> state_as_json(layout_type const& layout, std::span<std::byte const> payload);

/// One place in which two states differ.
struct state_change {
    std::string path{};         ///< "rows[\"ann\"].count"
    boost::json::value from{};  ///< null: it is not there
    boost::json::value to{};
};

/// All places in which two states of one layout differ, as `state_as_json` has them.
std::vector<state_change> state_changes(boost::json::value const& from, boost::json::value const& to);

}  // namespace hotswap::detail
