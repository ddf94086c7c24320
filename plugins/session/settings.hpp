// The ranges of arguments to the session manager.
#pragma once

#include "shared/clock.hpp"

#include <hotswap/contracts/session.hpp>
#include <hotswap/detail/abi/chrono.hpp>

#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace hotswap::plugins {

/// Throws unless the given fields of `wanted` are in the contract's range.
/// Errors:   std::invalid_argument that names the setting, the value and the range.
inline void check_settings(contracts::session_settings const& wanted) {
    if (wanted.default_timeout)
        check_duration("default_timeout", *wanted.default_timeout, std::chrono::milliseconds{1}, longest_ttl);
    if (wanted.cleanup_interval)
        check_duration("cleanup_interval", *wanted.cleanup_interval, std::chrono::seconds{1},
                       std::chrono::hours{24});
}

/// Sets the given fields that both releases with settings have.
template <class Config>
void take_over(Config& config, contracts::session_settings const& wanted) {
    config.default_timeout = wanted.default_timeout.value_or(config.default_timeout);
    config.cleanup_interval = wanted.cleanup_interval.value_or(config.cleanup_interval);
}

/// The settings of `config` that both releases with settings have.
template <class Config>
contracts::session_settings shown(Config const& config) {
    return {.default_timeout = config.default_timeout, .cleanup_interval = config.cleanup_interval};
}

/// Throws unless `user` is a name.
/// Errors:   std::invalid_argument.
inline void check_user(std::string_view user) {
    if (user.empty()) throw std::invalid_argument("a session is opened for a user, not for an empty name");
}

/// Looks up a batch by `find(token)`, in order.
template <class Find>
std::vector<std::optional<contracts::session_info>> find_each(std::span<std::string_view const> tokens,
                                                              Find find) {
    std::vector<std::optional<contracts::session_info>> found;
    found.reserve(tokens.size());
    for (auto const token : tokens) found.push_back(find(token));
    return found;
}

}  // namespace hotswap::plugins
