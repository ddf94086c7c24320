#include "control/swap_order.hpp"

#include <algorithm>
#include <utility>

namespace hotswap::detail {

result<swap_order> order_of(swap_body body) {
    swap_order order{.components = std::move(body.components), .options = std::move(body.set)};
    if (!body.component.empty() && !order.components.empty())
        return refuse(errc::invalid_argument, phase::none,
                      "the body has a component, {}, and a list of components; send one of them",
                      body.component);
    if (!body.component.empty())
        order.components.push_back({std::move(body.component), std::move(body.options)});
    if (order.components.empty())
        return refuse(
            errc::invalid_argument, phase::none,
            R"(the body names no component; send {{"component": "cache"}}, or {{"components": [{{"component": "cache"}}, …]}})");
    return order;
}

std::vector<std::string> names_of(swap_order const& order) {
    std::vector<std::string> names;
    for (auto const& each : order.components) names.push_back(each.component);
    return names;
}

result<set_plan> plan(runtime& of, swap_order const& order) {
    if (order.components.size() != 1) return of.plan(order.components, order.options);
    auto const& only = order.components.front();
    auto one = of.plan(only.component, only.options);
    if (!one) return one.error();
    set_plan all{.predicted_pause = one->predicted_pause,
                 .reversible = one->reversible,
                 .blockers = one->blockers,
                 .operation_id = one->operation_id,
                 .started = one->started};
    all.components.push_back(std::move(*one));
    return all;
}

result<set_report> swap(runtime& of, swap_order const& order) {
    if (order.components.size() != 1) return of.swap(order.components, order.options);
    auto const& only = order.components.front();
    auto one = of.swap(only.component, only.options);
    if (!one) return one.error();
    return as_set(std::move(*one));
}

set_report as_set(swap_report report) {
    set_report all{.pause = report.pause,
                   .total = report.total,
                   .calls_held = report.calls_held,
                   .longest_wait = report.longest_wait,
                   .not_durable = report.not_durable,
                   .operation_id = report.operation_id,
                   .started = report.started};
    all.components.push_back(std::move(report));
    return all;
}

swap_order stopped_by(swap_order order, std::stop_token by) {
    auto& stop = order.components.size() == 1 ? order.components.front().options.stop : order.options.stop;
    stop = std::move(by);
    return order;
}

namespace {

template <class Options>
std::chrono::nanoseconds longest_of(Options const& options) {
    std::chrono::nanoseconds const most = std::chrono::hours(24 * 365);
    auto const within = [&most](std::chrono::nanoseconds of) {
        return std::clamp(of, std::chrono::nanoseconds(0), most);
    };
    auto const budget = options.pause_budget.count() == 0 ? std::chrono::minutes(1) : options.pause_budget;
    return within(options.drain_deadline) + within(budget) + within(options.probation.duration) +
           std::chrono::seconds(5);
}

}  // namespace

std::chrono::nanoseconds longest(swap_order const& order) {
    return order.components.size() == 1 ? longest_of(order.components.front().options)
                                        : longest_of(order.options);
}

bool has_probation(swap_order const& order) {
    if (order.components.size() != 1) return order.options.probation.duration.count() > 0;
    return order.components.front().options.probation.duration.count() > 0;
}

}  // namespace hotswap::detail
