// What a host tells the service manager that has started it, and what it takes over from it.
#pragma once

#include <hotswap/detail/base/mutex.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace hotswap::detail {

/// Speaks the notification protocol of systemd; does nothing in a process that was started otherwise.
/// Threads:  [any]
/// Source:   sd_notify(3), sd_watchdog_enabled(3), and https://systemd.io/PORTABILITY_AND_STABILITY for their stability
class service_manager {
public:
    /// Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. `speaks`: false if the host does all of this itself.
    explicit service_manager(bool speaks);

    bool is_there() const noexcept { return !socket_.empty(); }
    /// How often `alive` is due: half of the time after which the manager would end the process; 0: never.
    std::chrono::nanoseconds watchdog_period() const noexcept { return watchdog_period_; }

    void ready(std::string_view status) const noexcept;
    void reloading(std::string_view status) const noexcept;
    void stopping() const noexcept;
    void alive() const noexcept;

private:
    void send(std::string const& state) const noexcept;

    std::string socket_;  // empty: there is no manager
    std::chrono::nanoseconds watchdog_period_{0};
};

/// A listening Unix socket that the manager passes under the name "hotswap" (FileDescriptorName=), or as the only one.
/// Effects:  other programs that this process starts do not get it.
/// Source:   sd_listen_fds(3)
std::optional<int> passed_socket();

}  // namespace hotswap::detail
