// Options, reports, plans, failures, events and states of components as JSON and back, from their one
// description (<hotswap/describe.hpp>). Times are whole nanoseconds, in members that end in `_ns` (a point in
// time: since 1970, UTC); sizes are bytes; enumerations are their names. An empty optional is left out, and
// so are members that only a program can have: functions and frames.
#pragma once

#include <hotswap/detail/report/status.hpp>
#include <hotswap/event.hpp>
#include <hotswap/failure.hpp>
#include <hotswap/inspect.hpp>
#include <hotswap/options.hpp>
#include <hotswap/plan.hpp>
#include <hotswap/report.hpp>

#include <boost/json/value.hpp>
#include <boost/json/value_from.hpp>

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>

namespace hotswap {

/// The options of an operation. An unknown member is refused, because it may be a mistyped option.
template <class T>
concept json_options = std::same_as<T, load_options> || std::same_as<T, swap_options> ||
    std::same_as<T, set_member> || std::same_as<T, component_set> || std::same_as<T, set_options> ||
    std::same_as<T, revert_options> || std::same_as<T, restore_options> || std::same_as<T, unload_options> ||
    std::same_as<T, configure_options> || std::same_as<T, recover_options> ||
    std::same_as<T, rehearsal_options> || std::same_as<T, probation>;

/// The answer of an operation. An unknown member is ignored: the other side may be newer.
template <class T>
concept json_answer = std::same_as<T, swap_report> || std::same_as<T, set_report> ||
    std::same_as<T, unload_report> || std::same_as<T, configure_report> || std::same_as<T, swap_plan> ||
    std::same_as<T, set_plan> || std::same_as<T, failure> || std::same_as<T, component_status> ||
    std::same_as<T, event> || std::same_as<T, generation_info> || std::same_as<T, inspection>;

template <class T>
concept json_type = json_options<T> || json_answer<T>;

/// The value as JSON, and as its text.
/// Threads:  [any]
template <json_type T>
boost::json::value to_json_value(T const& from);
template <json_type T>
std::string to_json(T const& from);

/// Reads the output of `to_json`. A missing member gets its default value.
/// Errors:   invalid_argument; the message names the member, what was expected and what was found.
/// Threads:  [any]
template <json_type T>
[[nodiscard]] result<T> from_json_value(boost::json::value const& from);
template <json_type T>
[[nodiscard]] result<T> from_json(std::string_view text);

/// For `boost::json::value_from(report)`.
template <json_type T>
requires std::is_class_v<T>
void tag_invoke(boost::json::value_from_tag, boost::json::value& out, T const& from) {
    out = to_json_value(from);
}

}  // namespace hotswap
