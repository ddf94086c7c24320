// The time after a swap in which the new generation may still be sent back.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace hotswap {

/// What is watched after a swap, and for how long. A component's own `bool healthy()` is asked in any case.
struct probation {
    std::chrono::nanoseconds duration{0};                                ///< 0: none
    std::chrono::nanoseconds interval = std::chrono::milliseconds{100};  ///< between two looks
    /// The host's own opinion; empty: none. It returns what is wrong, or an empty text. What it throws counts as wrong.
    /// Threads:  called on a thread of the runtime, under no lease.
    std::function<std::string()> check{};
    std::uint64_t max_errors = UINT64_MAX;         ///< calls that may end in an exception
    std::chrono::nanoseconds max_mean_latency{0};  ///< of calls between two looks; 0: no limit
    bool discard_writes =
        false;  ///< where there is no way back without loss, whether writes made since are given up
};

}  // namespace hotswap
