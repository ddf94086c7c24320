// Reports, plans, failures and states of components as JSON, by Boost.JSON's conversion mechanism.
#pragma once

#include <hotswap/detail/report/status.hpp>
#include <hotswap/event.hpp>
#include <hotswap/failure.hpp>
#include <hotswap/plan.hpp>
#include <hotswap/report.hpp>

#include <boost/json/value_from.hpp>

namespace hotswap {

/// For `boost::json::value_from(report)`. Durations are whole nanoseconds, in members that end in `_ns`;
/// sizes are bytes; enumerations are their names.
/// Threads:  [any]
void tag_invoke(boost::json::value_from_tag, boost::json::value& out, swap_report const& report);
void tag_invoke(boost::json::value_from_tag, boost::json::value& out, unload_report const& report);
void tag_invoke(boost::json::value_from_tag, boost::json::value& out, generation_info const& info);
void tag_invoke(boost::json::value_from_tag, boost::json::value& out, swap_plan const& plan);
void tag_invoke(boost::json::value_from_tag, boost::json::value& out, set_report const& report);
void tag_invoke(boost::json::value_from_tag, boost::json::value& out, set_plan const& plan);
void tag_invoke(boost::json::value_from_tag, boost::json::value& out, failure const& why);
void tag_invoke(boost::json::value_from_tag, boost::json::value& out, component_status const& status);
void tag_invoke(boost::json::value_from_tag, boost::json::value& out, event const& what);

/// The same as a text, for hosts that have no use for Boost.JSON.
/// Threads:  [any]
std::string to_json(swap_report const& report);
std::string to_json(swap_plan const& plan);
std::string to_json(set_report const& report);
std::string to_json(set_plan const& plan);
std::string to_json(failure const& why);
std::string to_json(component_status const& status);
std::string to_json(event const& what);

}  // namespace hotswap
