// The plans of release 3.0.0: sorted when they are configured, and found by binary search.
#pragma once

#include "rate_limiter/conversions.hpp"
#include "rate_limiter/settings.hpp"
#include "rate_limiter/states/v3.hpp"

#include <hotswap/contracts/rate_limiter.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hotswap::plugins {

/// Plans sorted by name, as a state keeps them.
using rate_plans = std::vector<rate_limiter_states::v3::plan>;

inline std::optional<rate_limiter_states::v3::penalty> stored(
    std::optional<contracts::rate_penalty> const& penalty) noexcept {
    if (!penalty) return std::nullopt;
    return rate_limiter_states::v3::penalty{
        .violations = penalty->violations, .decay = penalty->decay, .block = penalty->block};
}
inline std::optional<contracts::rate_penalty> shown(
    std::optional<rate_limiter_states::v3::penalty> const& penalty) noexcept {
    if (!penalty) return std::nullopt;
    return contracts::rate_penalty{
        .violations = penalty->violations, .decay = penalty->decay, .block = penalty->block};
}

/// Throws unless the plans are sorted, and each name is there once.
/// Errors:   std::invalid_argument that names the plan.
inline void check_sorted(rate_plans const& plans) {
    auto const wrong =
        std::ranges::adjacent_find(plans, [](auto const& a, auto const& b) { return a.name >= b.name; });
    if (wrong != plans.end())
        throw std::invalid_argument("two plans for \"" + wrong->name + "\", or plans that are not sorted");
}

/// Throws unless the plans of a state are as `configure` makes them.
/// Errors:   std::invalid_argument that names the part that is not.
inline void check_plans(rate_plans const& clients, rate_plans const& prefixes) {
    check_plan_count(clients.size() + prefixes.size());
    for (auto const* const plans : {&clients, &prefixes}) {
        check_sorted(*plans);
        for (auto const& plan : *plans) {
            check_plan_name(plan.name);
            check(shown(plan.limit));
            check(shown(plan.penalty));
        }
    }
}

/// The plans for single clients, and those for prefixes, sorted.
/// Errors:   std::invalid_argument for two plans of the same kind and name.
inline std::pair<rate_plans, rate_plans> sorted_plans(std::vector<contracts::rate_plan> const& plans) {
    std::pair<rate_plans, rate_plans> sorted;
    for (auto const& plan : plans)
        (plan.prefix ? sorted.second : sorted.first)
            .push_back({.name = plan.client, .limit = stored(plan.limit), .penalty = stored(plan.penalty)});
    for (auto* const each : {&sorted.first, &sorted.second}) {
        std::ranges::sort(*each, {}, &rate_limiter_states::v3::plan::name);
        check_sorted(*each);
    }
    return sorted;
}

/// The plans as the contract shows them.
inline std::vector<contracts::rate_plan> shown_plans(rate_limiter_states::v3::config const& config) {
    std::vector<contracts::rate_plan> plans;
    for (auto const* const kind : {&config.clients, &config.prefixes})
        for (auto const& plan : *kind)
            plans.push_back({.client = plan.name,
                             .prefix = kind == &config.prefixes,
                             .limit = shown(plan.limit),
                             .penalty = shown(plan.penalty)});
    return plans;
}

/// The last plan whose name is `name` or comes before it, or null.
inline rate_limiter_states::v3::plan const* last_up_to(rate_plans const& plans,
                                                       std::string_view name) noexcept {
    auto const after = std::upper_bound(plans.begin(), plans.end(), name,
                                        [](std::string_view a, auto const& b) { return a < b.name; });
    return after == plans.begin() ? nullptr : &*std::prev(after);
}

/// The plan of that very name, or null.
inline rate_limiter_states::v3::plan const* plan_named(rate_plans const& plans,
                                                       std::string_view name) noexcept {
    auto const* const found = last_up_to(plans, name);
    return found != nullptr && found->name == name ? found : nullptr;
}

/// The plan with the longest name that `name` begins with, or null.
/// Cost:     a binary search, and one more for each plan that shares a begin with `name` but goes on in
///           another way.
inline rate_limiter_states::v3::plan const* longest_prefix(rate_plans const& plans,
                                                           std::string_view name) noexcept {
    for (;;) {
        auto const* const found = last_up_to(plans, name);
        if (found == nullptr || name.starts_with(found->name)) return found;
        // Every prefix of `name` sorts before `found`, so it is also a prefix of what the two have in common.
        auto const common = std::mismatch(name.begin(), name.end(), found->name.begin(), found->name.end());
        name = name.substr(0, static_cast<std::size_t>(common.first - name.begin()));
    }
}

/// The plan of a client, or null: the plan for its whole name, else the longest prefix.
inline rate_limiter_states::v3::plan const* plan_of(rate_limiter_states::v3::config const& config,
                                                    std::string_view client) noexcept {
    auto const* const own = plan_named(config.clients, client);
    return own != nullptr ? own : longest_prefix(config.prefixes, client);
}

}  // namespace hotswap::plugins
