#include "control/plan_book.hpp"

#include "base/refuse.hpp"
#include "module/digest.hpp"
#include "report/json_writer.hpp"

#include <hotswap/describe.hpp>

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <utility>

namespace hotswap::detail {

namespace {

constexpr std::size_t most_plans = 256;
constexpr std::size_t token_length = 16;

}  // namespace

std::string plan_book::remember(swap_order order, set_plan const& plan) {
    for (auto& each : order.components) {
        auto const shown = std::ranges::find(plan.components, each.component, &swap_plan::component);
        if (shown != plan.components.end())
            each.options.expected =
                expected_change{shown->from.generation, shown->to.digest, shown->configured};
    }
    json_writer const write;
    auto text =
        boost::json::serialize(write(order.components)) + boost::json::serialize(write(order.options));
    for (auto const& each : plan.components)
        text += boost::json::serialize(write(each.from)) + std::to_string(each.configured);
    auto token = content_digest(std::as_bytes(std::span(text))).substr(0, token_length);

    mutex_lock const lock(mutex_);
    std::erase_if(entries_, [&token](entry const& each) { return each.token == token; });
    entries_.push_back({token, std::move(order)});
    if (entries_.size() > most_plans) entries_.pop_front();
    return token;
}

result<swap_order> plan_book::find(std::string_view token) const {
    mutex_lock const lock(mutex_);
    auto const found = std::ranges::find(entries_, token, &entry::token);
    if (found != entries_.end()) return found->order;
    return refuse(errc::plan_stale, phase::none,
                  "this host has shown no plan {}: it was restarted since, or has shown {} others; look at a "
                  "new plan, and "
                  "swap by that one",
                  token, most_plans);
}

}  // namespace hotswap::detail
