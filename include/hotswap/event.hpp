// The events that the runtime sends to its subscribers.
#pragma once

#include <hotswap/detail/abi/host_api.hpp>
#include <hotswap/detail/base/errc.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace hotswap::detail {
class event_bus;
}

namespace hotswap {

/// How a step ended.
enum class outcome : std::uint8_t { done, failed, note };

/// "done", "failed" or "note".
std::string_view to_string(outcome how) noexcept;
/// "debug", "info", "warning" or "error".
std::string_view to_string(level severity) noexcept;

/// An operation of a runtime on its components; the steps of each operation are events.
enum class operation : std::uint8_t {
    load,
    swap,
    plan,
    revert,
    restore,
    snapshot,
    unload,
    recover,
    checkpoint,
    configure,
    watch,      ///< of the modules directory: what has arrived, and what is ignored
    probation,  ///< the time after a swap; its events have the swap's id
    log,        ///< none: a line that a component logged
};

/// The name of the operation, as written above.
std::string_view to_string(operation what) noexcept;

/// One step of one operation, or a line that a component logged.
struct event {
    std::chrono::system_clock::time_point time{};  ///< UTC
    hotswap::level level = hotswap::level::info;
    std::string component{};
    hotswap::operation operation = hotswap::operation::log;
    /// Unique in this process; the same in the operation's report; 0: a component's line.
    std::uint64_t operation_id = 0;
    hotswap::phase phase = hotswap::phase::none;
    hotswap::outcome outcome = hotswap::outcome::note;
    std::chrono::nanoseconds duration{0};
    std::string message{};
};

/// The event in one line.
std::string to_string(event const& what);

/// A function that gets a runtime's events during this object's lifetime.
/// Threads:  [any]
/// Lifetime: may outlive the runtime. In a forked child it does nothing.
class [[nodiscard]] subscription {
public:
    /// Subscribes to nothing.
    subscription() noexcept;
    subscription(subscription&& from) noexcept;
    subscription& operator=(subscription&& from) noexcept;
    subscription(subscription const&) = delete;
    subscription& operator=(subscription const&) = delete;
    ~subscription();

    /// Ends the subscription now. On return the function is not running and will not be called again; if the
    /// function itself calls `end`, the call returns at once, and the function is not called again.
    void end() noexcept;

    /// Lets the subscription last as long as the runtime.
    void detach() noexcept;

private:
    friend class runtime;
    subscription(std::weak_ptr<detail::event_bus> of, std::uint64_t which) noexcept;

    std::weak_ptr<detail::event_bus> bus_;
    std::uint64_t which_ = 0;
};

}  // namespace hotswap
