// The rate limiter's settings: their ranges, the releases that have them, their names, and their text in
// the log.
#pragma once

#include "shared/named_settings.hpp"

#include <hotswap/contracts/rate_limiter.hpp>
#include <hotswap/detail/abi/chrono.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace hotswap::plugins {

/// What a release can do.
struct rate_limiter_release {
    std::string_view number;
    bool has_global = false;
    bool has_penalties = false;  ///< and plans
};

/// Throws unless the limit is in the contract's range.
/// Errors:   std::invalid_argument that says which part is not, and the range.
inline void check(contracts::rate_limit const& limit) {
    constexpr std::chrono::nanoseconds year = std::chrono::hours{24} * 365;
    if (limit.tokens == 0 || limit.burst == 0)
        throw std::invalid_argument("a rate limit has at least 1 token and a burst of at least 1, not 0");
    if (limit.per.count() < std::int64_t{limit.tokens})
        throw std::invalid_argument("a rate limit refills at most 1 token per ns, not " +
                                    std::to_string(limit.tokens) + " in " +
                                    std::to_string(limit.per.count()) + " ns");
    auto const token =
        (limit.per - std::chrono::nanoseconds{1}) / std::int64_t{limit.tokens} + std::chrono::nanoseconds{1};
    if (limit.per > year || token > year / std::int64_t{limit.burst})
        throw std::invalid_argument("a rate limit's burst takes at most 365 days to refill, not " +
                                    std::to_string(limit.burst) + " tokens, each in " +
                                    std::to_string(token.count()) + " ns");
}

/// As above, for a penalty.
inline void check(contracts::rate_penalty const& penalty) {
    constexpr std::chrono::nanoseconds day = std::chrono::hours{24};
    auto const out_of_range = [](char const* what, std::int64_t found) {
        throw std::invalid_argument(std::string("a penalty's ") + what + ", not " + std::to_string(found));
    };
    if (penalty.violations == 0 || penalty.violations > 1'000'000)
        out_of_range("violations are between 1 and a million", penalty.violations);
    if (penalty.decay.count() <= 0 || penalty.decay > day)
        out_of_range("decay is between 1 ns and a day", penalty.decay.count());
    if (penalty.block.count() <= 0 || penalty.block > day * 365)
        out_of_range("block is between 1 ns and 365 days", penalty.block.count());
}

template <class Part>
void check(std::optional<Part> const& part) {
    if (part) check(*part);
}

/// As above, for the number of plans, and for the size of a plan's name.
inline void check_plan_count(std::size_t count) {
    constexpr auto most = contracts::rate_limiter::most_plans;
    if (count > most)
        throw std::invalid_argument("a rate limiter has up to " + std::to_string(most) + " plans, not " +
                                    std::to_string(count));
}
inline void check_plan_name(std::string_view name) {
    constexpr auto longest = contracts::rate_limiter::longest_client;
    if (name.empty() || name.size() > longest)
        throw std::invalid_argument("a plan is for a client of 1 to " + std::to_string(longest) +
                                    " bytes, not of " + std::to_string(name.size()));
}

/// Throws unless all settings are in range and `release` has them.
inline void check(contracts::rate_settings const& wanted, rate_limiter_release const& release) {
    auto const lacks = [&](char const* what) {
        throw std::invalid_argument("rate_limiter " + std::string(release.number) + " has no " + what);
    };
    if (wanted.global && !release.has_global) lacks("limit over all clients; swap to 1.0.0 or newer first");
    if (wanted.penalty && !release.has_penalties) lacks("penalties; swap to 3.0.0 or newer first");
    if (!wanted.plans.empty() && !release.has_penalties) lacks("plans; swap to 3.0.0 or newer first");
    check(wanted.client);
    check(wanted.global);
    check(wanted.penalty);
    check_plan_count(wanted.plans.size());
    for (auto const& plan : wanted.plans) {
        check_plan_name(plan.client);
        check(plan.limit);
        check(plan.penalty);
    }
}

/// The settings that have names; 0 tokens and 0 violations stand for no limit and no penalty.
struct named_rate_settings {
    std::uint32_t client_tokens, client_burst, global_tokens, global_burst, penalty_violations;
    std::chrono::nanoseconds client_per, global_per, penalty_decay, penalty_block;

    explicit named_rate_settings(contracts::rate_settings const& from)
        : client_tokens(from.client.tokens), client_burst(from.client.burst), client_per(from.client.per) {
        auto const global = from.global.value_or(contracts::rate_limit{});
        auto const penalty = from.penalty.value_or(contracts::rate_penalty{});
        global_tokens = from.global ? global.tokens : 0;
        global_burst = global.burst;
        global_per = global.per;
        penalty_violations = from.penalty ? penalty.violations : 0;
        penalty_decay = penalty.decay;
        penalty_block = penalty.block;
    }
    void write_to(contracts::rate_settings& into) const {
        into.client = {.tokens = client_tokens, .per = client_per, .burst = client_burst};
        into.global.reset();
        if (global_tokens != 0)
            into.global = {.tokens = global_tokens, .per = global_per, .burst = global_burst};
        into.penalty.reset();
        if (penalty_violations != 0)
            into.penalty = {.violations = penalty_violations, .decay = penalty_decay, .block = penalty_block};
    }
};

/// All names, those of the oldest release first.
inline constexpr auto rate_setting_names = [] {
    using all = named_rate_settings;
    return std::array{setting_of<all, &all::client_tokens>("client_tokens"),
                      setting_of<all, &all::client_per>("client_per"),
                      setting_of<all, &all::client_burst>("client_burst"),
                      setting_of<all, &all::global_tokens>("global_tokens"),
                      setting_of<all, &all::global_per>("global_per"),
                      setting_of<all, &all::global_burst>("global_burst"),
                      setting_of<all, &all::penalty_violations>("penalty_violations"),
                      setting_of<all, &all::penalty_decay>("penalty_decay"),
                      setting_of<all, &all::penalty_block>("penalty_block")};
}();

/// Those of the release.
inline std::span<named_setting<named_rate_settings> const> names_of(rate_limiter_release const& release) {
    return std::span(rate_setting_names).first(release.has_penalties ? 9 : release.has_global ? 6 : 3);
}

/// `now` with the settings that are named.
/// Errors:   std::invalid_argument for a name that no release has (the message lists this release's), for
///           one that this release does not have yet, and for plans.
inline contracts::rate_settings with_named(contracts::rate_settings now,
                                           std::span<contracts::setting const> wanted,
                                           rate_limiter_release const& release) {
    std::span<named_setting<named_rate_settings> const> const all(rate_setting_names);
    auto const own = names_of(release);
    for (auto const& each : wanted) {
        if (each.name == "plans")
            throw std::invalid_argument("plans have no form as text; set them by configure(rate_settings)");
        auto const later = all.subspan(own.size());
        auto const found = std::ranges::find(later, each.name, &named_setting<named_rate_settings>::name);
        if (found != later.end())
            throw std::invalid_argument(
                "rate_limiter " + std::string(release.number) + " has no setting " + std::string(each.name) +
                "; swap to " + (each.name.starts_with("global") ? "1.0.0" : "3.0.0") + " or newer first");
    }
    read_settings<named_rate_settings>(wanted, own, named_rate_settings(now)).write_to(now);
    return now;
}

/// The settings in the words of a line of the log.
inline std::string text_of(contracts::rate_settings const& settings) {
    auto const limit = [](contracts::rate_limit const& each) {
        return std::to_string(each.tokens) + " in " + setting_text(each.per) + ", burst " +
               std::to_string(each.burst);
    };
    std::string text = "client " + limit(settings.client);
    if (settings.global) text += "; global " + limit(*settings.global);
    if (auto const& penalty = settings.penalty)
        text += "; penalty after " + std::to_string(penalty->violations) + ", decay " +
                setting_text(penalty->decay) + ", block " + setting_text(penalty->block);
    if (!settings.plans.empty()) text += "; " + std::to_string(settings.plans.size()) + " plans";
    return text;
}

}  // namespace hotswap::plugins
