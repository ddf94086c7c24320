// Settings of the contract as a state keeps them, and back.
#pragma once

#include "rate_limiter/states/v0.hpp"

#include <hotswap/contracts/rate_limiter.hpp>

#include <optional>

namespace hotswap::plugins {

constexpr rate_limiter_states::v0::limit stored(contracts::rate_limit const& limit) noexcept {
    return {.tokens = limit.tokens, .per = limit.per, .burst = limit.burst};
}
constexpr contracts::rate_limit shown(rate_limiter_states::v0::limit const& limit) noexcept {
    return {.tokens = limit.tokens, .per = limit.per, .burst = limit.burst};
}

constexpr std::optional<rate_limiter_states::v0::limit> stored(
    std::optional<contracts::rate_limit> const& limit) noexcept {
    return limit ? std::optional(stored(*limit)) : std::nullopt;
}
constexpr std::optional<contracts::rate_limit> shown(
    std::optional<rate_limiter_states::v0::limit> const& limit) noexcept {
    return limit ? std::optional(shown(*limit)) : std::nullopt;
}

}  // namespace hotswap::plugins
