// What the runtime tells its subscribers.
#pragma once

#include <hotswap/detail/abi/host_api.hpp>
#include <hotswap/detail/base/errc.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace hotswap {

/// How a step ended.
enum class outcome : std::uint8_t { done, failed, note };

/// "done", "failed" or "note".
std::string_view to_string(outcome how) noexcept;
/// "debug", "info", "warning" or "error".
std::string_view to_string(level severity) noexcept;

/// One step of one operation, or a line that a component logged.
struct event {
    std::chrono::system_clock::time_point time{};  ///< UTC
    hotswap::level level = hotswap::level::info;
    std::string component{};
    std::string
        operation{};  ///< "load", "swap", "plan", "revert", "restore", "snapshot", "unload", or "log" for a
                      ///< component's line
    hotswap::phase phase = hotswap::phase::none;
    hotswap::outcome outcome = hotswap::outcome::note;
    std::chrono::nanoseconds duration{0};
    std::string message{};
};

/// The event in one line.
std::string to_string(event const& what);

}  // namespace hotswap

template <>
struct fmt::formatter<hotswap::event> : fmt::formatter<std::string_view> {
    template <class Context>
    auto format(hotswap::event const& what, Context& context) const {
        return fmt::formatter<std::string_view>::format(hotswap::to_string(what), context);
    }
};
