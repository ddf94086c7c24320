// The session manager's settings: their ranges, the releases that have them, and their changes while it runs.
#pragma once

#include "shared/clock.hpp"
#include "shared/named_settings.hpp"

#include <hotswap/contracts/session.hpp>
#include <hotswap/detail/abi/chrono.hpp>
#include <hotswap/detail/sdk/host.hpp>

#include <atomic>
#include <concepts>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace hotswap::plugins {

using std::chrono::nanoseconds;

/// Throws unless `user` is a name.
/// Errors:   std::invalid_argument.
inline void check_user(std::string_view user) {
    if (user.empty()) throw std::invalid_argument("a session is opened for a user, not for an empty name");
    if (user.size() > contracts::longest_session_user)
        throw std::invalid_argument("a user's name has at most " +
                                    std::to_string(contracts::longest_session_user) + " bytes, not " +
                                    std::to_string(user.size()));
}

/// The words for a user whose sessions are as many as there may be.
inline std::string too_many_sessions() {
    return "this user has " + std::to_string(contracts::most_sessions_of_user) +
           " sessions, and no more are possible; close one first, or swap to 2.0.0 or newer, which closes "
           "the "
           "one that is unused longest";
}

/// Refuses what `release` does not have.
[[noreturn]] inline void refuse_lacking(std::string_view release, std::string_view what,
                                        std::string_view since) {
    throw std::invalid_argument("session " + std::string(release) + " has no " + std::string(what) +
                                "; swap to " + std::string(since) + " or newer first");
}

// One struct for each setting: its name, the first release that has it, its range, and its places in the contract and
// in the configuration of a state.

struct default_timeout_setting {
    static constexpr std::string_view name = "default_timeout";
    static constexpr std::string_view since = "1.0.0";
    static constexpr auto field = &contracts::session_settings::default_timeout;
    static auto& in(auto& config) requires requires { config.default_timeout; }
    { return config.default_timeout; }
    static void check(nanoseconds value) {
        check_duration("default_timeout", value, std::chrono::milliseconds{1}, longest_ttl);
    }
};

struct cleanup_interval_setting {
    static constexpr std::string_view name = "cleanup_interval";
    static constexpr std::string_view since = "1.0.0";
    static constexpr auto field = &contracts::session_settings::cleanup_interval;
    static auto& in(auto& config) requires requires { config.cleanup_interval; }
    { return config.cleanup_interval; }
    static void check(nanoseconds value) {
        check_duration("cleanup_interval", value, std::chrono::seconds{1}, std::chrono::hours{24});
    }
};

struct per_user_limit_setting {
    static constexpr std::string_view name = "per_user_limit";
    static constexpr std::string_view since = "2.0.0";
    static constexpr auto field = &contracts::session_settings::per_user_limit;
    static auto& in(auto& config) requires requires { config.per_user_limit; }
    { return config.per_user_limit; }
    static void check(std::uint32_t value) {
        if (value == 0 || value > contracts::most_sessions_of_user)
            throw std::invalid_argument("per_user_limit is " + std::to_string(value) +
                                        ", expected between 1 and " +
                                        std::to_string(contracts::most_sessions_of_user));
    }
};

struct absolute_timeout_setting {
    static constexpr std::string_view name = "absolute_timeout";
    static constexpr std::string_view since = "3.0.0";
    static constexpr auto field = &contracts::session_settings::absolute_timeout;
    static auto& in(auto& config) requires requires { config.absolute_timeout; }
    { return config.absolute_timeout; }
    static void check(nanoseconds value) {
        if (value == nanoseconds::zero()) return;
        check_duration("absolute_timeout", value, std::chrono::milliseconds{1}, longest_ttl);
    }
};

/// Calls `f(setting{})` for each setting of any release.
template <class F>
void for_each_setting(F f) {
    f(default_timeout_setting{});
    f(cleanup_interval_setting{});
    f(per_user_limit_setting{});
    f(absolute_timeout_setting{});
}

template <class Config, class Setting>
concept has_setting = requires(Config& config) {
    Setting::in(config);
};

/// The settings of `config`; those that it does not have are empty.
template <class Config>
contracts::session_settings settings_in(Config const& config) {
    contracts::session_settings shown;
    for_each_setting([&]<class Setting>(Setting) {
        if constexpr (has_setting<Config const, Setting>) shown.*Setting::field = Setting::in(config);
    });
    return shown;
}

/// Throws unless the given fields of `wanted` are in the contract's range.
/// Errors:   std::invalid_argument that names the setting, the value and the range.
inline void check_settings(contracts::session_settings const& wanted) {
    for_each_setting([&]<class Setting>(Setting) {
        if (auto const& value = wanted.*Setting::field) Setting::check(*value);
    });
}

/// The configuration of release 0.1.0.
struct no_config {};

/// The configuration of a state while callers read and change it.
/// Threads:  [any]
template <class Config>
class live_settings {
public:
    live_settings(hotswap::host& host, Config& config, std::string_view release)
        : host_(host), config_(config), release_(release) {}

    /// The value of a setting; `otherwise` where the release does not have it.
    template <class Setting, class Value>
    Value get(Value otherwise) const noexcept {
        if constexpr (has_setting<Config, Setting>)
            return std::atomic_ref(Setting::in(config_)).load(std::memory_order_relaxed);
        else
            return otherwise;
    }

    contracts::session_settings shown() {
        std::lock_guard const lock(mutex_);
        return settings_in(config_);
    }

    /// Sets the given fields, all or none, and logs what has changed.
    /// Errors:   std::invalid_argument
    void change(contracts::session_settings const& wanted) {
        for_each_setting([&]<class Setting>(Setting) {
            if (!has_setting<Config, Setting> && wanted.*Setting::field)
                refuse_lacking(release_, Setting::name, Setting::since);
        });
        check_settings(wanted);
        std::string changes;
        {
            std::lock_guard const lock(mutex_);
            for_each_setting([&]<class Setting>(Setting) { describe<Setting>(wanted, changes); });
            for_each_setting([&]<class Setting>(Setting) { set<Setting>(wanted); });
        }
        if (changes.empty()) return;
        host_.log(level::info, changes);
    }

    /// The typed form of settings by name.
    /// Errors:   std::invalid_argument
    contracts::session_settings by_name(std::span<contracts::setting const> wanted) const {
        for_each_setting([&]<class Setting>(Setting) {
            if constexpr (!has_setting<Config, Setting>)
                for (auto const& each : wanted)
                    if (each.name == Setting::name) refuse_lacking(release_, Setting::name, Setting::since);
        });
        auto const known = known_settings();
        if (known.empty() && !wanted.empty()) refuse_lacking(release_, "settings", "1.0.0");
        return read_settings<contracts::session_settings>(wanted, known);
    }

    /// The current settings by name.
    hotswap::settings in_words() {
        return settings_by_name<contracts::session_settings>(shown(), known_settings());
    }

private:
    static std::vector<named_setting<contracts::session_settings>> known_settings() {
        std::vector<named_setting<contracts::session_settings>> known;
        for_each_setting([&]<class Setting>(Setting) {
            if constexpr (has_setting<Config, Setting>)
                known.push_back(setting_of<contracts::session_settings, Setting::field>(Setting::name));
        });
        return known;
    }

    template <class Setting>
    void describe(contracts::session_settings const& wanted, std::string& changes) const {
        if constexpr (has_setting<Config, Setting>) {
            auto const& value = wanted.*Setting::field;
            auto const& now = Setting::in(config_);
            if (!value || *value == now) return;
            changes.append(changes.empty() ? "settings changed: " : ", ").append(Setting::name);
            changes.append(" from ").append(setting_text(now)).append(" to ").append(setting_text(*value));
        }
    }
    template <class Setting>
    void set(contracts::session_settings const& wanted) noexcept {
        if constexpr (has_setting<Config, Setting>)
            if (auto const& value = wanted.*Setting::field)
                std::atomic_ref(Setting::in(config_)).store(*value, std::memory_order_relaxed);
    }

    hotswap::host& host_;
    Config& config_;  // written under mutex_; single fields are read without it
    std::string_view release_;
    std::mutex mutex_;
};

}  // namespace hotswap::plugins
