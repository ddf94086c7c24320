// The time after a swap in which a fault of the new generation reverts the swap.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace hotswap {

/// The checks after a swap, and their duration. A component's own `bool healthy()` is always called.
struct probation {
    std::chrono::nanoseconds duration{0};                                ///< 0: none
    std::chrono::nanoseconds interval = std::chrono::milliseconds{100};  ///< between two checks
    /// The host's own check; empty: none. It returns a description of the fault, or an empty text. An
    /// exception counts as a fault.
    /// Threads:  called on a thread of the runtime, under no lease.
    std::function<std::string()> check{};
    std::uint64_t max_errors = UINT64_MAX;         ///< calls that may end in an exception
    std::chrono::nanoseconds max_mean_latency{0};  ///< of calls between two checks; 0: no limit
    /// If there is no way back without loss, whether writes made since are given up.
    bool discard_writes = false;
};

}  // namespace hotswap
