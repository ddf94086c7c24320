// Orders to swap, as requests have them.
#pragma once

#include "control/bodies.hpp"
#include "control/plan_book.hpp"

#include <hotswap/runtime.hpp>

#include <stop_token>
#include <string>
#include <vector>

namespace hotswap::detail {

/// The components of a body and how to swap them. A single one keeps deadline, budget and probation in its own options.
/// Errors:   invalid_argument: no component, or one and several.
result<swap_order> order_of(swap_body body);

std::vector<std::string> names_of(swap_order const& order);

/// The plan, or the swap, of an order. Errors: those of `runtime::plan` and `runtime::swap`.
result<set_plan> plan(runtime& of, swap_order const& order);
result<set_report> swap(runtime& of, swap_order const& order);

/// The report of one component as that of a set.
set_report as_set(swap_report report);

/// The order, stopped by `by`.
swap_order stopped_by(swap_order order, std::stop_token by);

/// How long the order may take, with its probation: the deadlines, and a minute for what has none.
std::chrono::nanoseconds longest(swap_order const& order);

/// Whether the order has a probation.
bool has_probation(swap_order const& order);

}  // namespace hotswap::detail
