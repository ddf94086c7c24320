// The durations of calls before, during and after a swap.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace bench {

/// Durations by magnitude: 32 steps for each doubling, so that a value read from it is at most 3 % off.
class histogram {
public:
    void count(std::chrono::nanoseconds took) noexcept;
    void add(histogram const& other) noexcept;

    std::uint64_t size() const noexcept { return size_; }
    /// In microseconds; 0 if it is empty.
    double percentile(double share) const noexcept;
    /// In microseconds, exact.
    double max() const noexcept { return static_cast<double>(max_) / 1e3; }

private:
    std::array<std::uint32_t, 32 * 40> counts_{};  // up to 2^44 ns, which is five hours
    std::uint64_t size_ = 0;
    std::uint64_t max_ = 0;
};

/// The calls of one stretch of time.
struct latency {
    double calls_per_second = 0;
    double p50 = 0;  // µs
    double p999 = 0;
    double max = 0;
};

/// One swap with callers at work, as the operator and as the callers see it. A call that is under way when the
/// swap begins or ends is one of `during`.
struct swap_sample {
    double pause = 0;  // µs
    latency before{};
    latency during{};
    latency after{};
};

}  // namespace bench
