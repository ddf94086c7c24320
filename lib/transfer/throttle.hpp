// Long work next to callers that were there first: done in slices, with rests between them.
#pragma once

#include <chrono>
#include <thread>

namespace hotswap::detail {

/// A slice is long, because each begins with taking the processor from a caller: at 100 of them in a second that is
/// nothing to the callers' 99.9th percentile, at 1000 it is what they see there.
inline constexpr std::chrono::nanoseconds work_slice = std::chrono::milliseconds(3);
inline constexpr int idle_per_slice = 3;

/// Before the first slice, where others must have the processors first.
inline constexpr std::chrono::nanoseconds rest_before_slices = std::chrono::milliseconds(3);

/// Sleeps as long as work that began at `began` has earned.
inline void rest_after(std::chrono::steady_clock::time_point began) {
    std::this_thread::sleep_for(idle_per_slice * (std::chrono::steady_clock::now() - began));
}

}  // namespace hotswap::detail
