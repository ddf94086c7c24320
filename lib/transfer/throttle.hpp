// Long work that yields to callers: it is done in slices, with rests between them.
#pragma once

#include <chrono>
#include <thread>

namespace hotswap::detail {

/// A slice is long, because each begins with taking the processor from a caller: 100 slices in a second do
/// not change the callers' 99.9th percentile, 1000 slices do.
inline constexpr std::chrono::nanoseconds work_slice = std::chrono::milliseconds(3);
inline constexpr int idle_per_slice = 3;

/// The rest before the first slice if other threads must get the processors first.
inline constexpr std::chrono::nanoseconds rest_before_slices = std::chrono::milliseconds(3);

/// Sleeps for the rest that work since `began` requires.
inline void rest_after(std::chrono::steady_clock::time_point began) {
    std::this_thread::sleep_for(idle_per_slice * (std::chrono::steady_clock::now() - began));
}

}  // namespace hotswap::detail
