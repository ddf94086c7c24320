// Prints failures, plans, reports and events with fmt: {} is the result of `to_string`, with width, fill and
// alignment.
#pragma once

#include <fmt/core.h>

namespace hotswap {

enum class errc : int;
enum class failure_kind : unsigned char;
enum class phase : unsigned char;
struct configure_report;
struct event;
struct failure;
struct set_plan;
struct set_report;
struct swap_plan;
struct swap_report;
struct unload_report;

}  // namespace hotswap

namespace hotswap::detail {

/// A formatter whose function is compiled into the library, for each of the types below.
template <class T>
struct text_formatter : fmt::formatter<fmt::string_view> {
    fmt::format_context::iterator format(T const& value, fmt::format_context& context) const;
};

}  // namespace hotswap::detail

template <>
struct fmt::formatter<hotswap::errc> : hotswap::detail::text_formatter<hotswap::errc> {};
template <>
struct fmt::formatter<hotswap::failure_kind> : hotswap::detail::text_formatter<hotswap::failure_kind> {};
template <>
struct fmt::formatter<hotswap::phase> : hotswap::detail::text_formatter<hotswap::phase> {};
template <>
struct fmt::formatter<hotswap::failure> : hotswap::detail::text_formatter<hotswap::failure> {};
template <>
struct fmt::formatter<hotswap::event> : hotswap::detail::text_formatter<hotswap::event> {};
template <>
struct fmt::formatter<hotswap::unload_report> : hotswap::detail::text_formatter<hotswap::unload_report> {};
template <>
struct fmt::formatter<hotswap::configure_report>
    : hotswap::detail::text_formatter<hotswap::configure_report> {};
template <>
struct fmt::formatter<hotswap::swap_report> : hotswap::detail::text_formatter<hotswap::swap_report> {};
template <>
struct fmt::formatter<hotswap::set_report> : hotswap::detail::text_formatter<hotswap::set_report> {};
template <>
struct fmt::formatter<hotswap::swap_plan> : hotswap::detail::text_formatter<hotswap::swap_plan> {};
template <>
struct fmt::formatter<hotswap::set_plan> : hotswap::detail::text_formatter<hotswap::set_plan> {};
