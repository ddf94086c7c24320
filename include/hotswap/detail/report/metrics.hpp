// The counts of a component's operations, and its own.
#pragma once

#include <hotswap/event.hpp>
#include <hotswap/failure.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hotswap {

/// Durations, counted by their length.
struct duration_histogram {
    /// The upper bounds of the buckets, in ascending order: 10 µs to 10 s.
    static constexpr std::array<std::chrono::nanoseconds, 19> bounds{
        std::chrono::microseconds{10},  std::chrono::microseconds{20},  std::chrono::microseconds{50},
        std::chrono::microseconds{100}, std::chrono::microseconds{200}, std::chrono::microseconds{500},
        std::chrono::milliseconds{1},   std::chrono::milliseconds{2},   std::chrono::milliseconds{5},
        std::chrono::milliseconds{10},  std::chrono::milliseconds{20},  std::chrono::milliseconds{50},
        std::chrono::milliseconds{100}, std::chrono::milliseconds{200}, std::chrono::milliseconds{500},
        std::chrono::seconds{1},        std::chrono::seconds{2},        std::chrono::seconds{5},
        std::chrono::seconds{10}};

    /// How many were no longer than each bound and longer than the one before; the last: longer than all.
    std::array<std::uint64_t, bounds.size() + 1> counts{};
    std::chrono::nanoseconds sum{0};

    void add(std::chrono::nanoseconds length) noexcept {
        std::size_t bucket = 0;
        while (bucket != bounds.size() && length > bounds[bucket]) ++bucket;
        ++counts[bucket];
        sum += length;
    }
};

/// How often an operation on a component has ended in one way.
struct operation_count {
    hotswap::operation operation = hotswap::operation::swap;  ///< `probation`: a release was sent back
    std::optional<errc> refused{};                            ///< empty: it was done
    std::uint64_t times = 0;
};

/// One number of a component, by the name that Prometheus shows.
struct metric {
    std::string
        name{};  ///< "shop_orders_total"; a name that ends with `_total` is a counter, others are gauges
    double value = 0;
};

/// The counts of a component since it was loaded: swaps do not reset them.
struct component_metrics {
    std::string name{};
    std::vector<operation_count>
        operations{};               ///< swap, revert, restore, configure, and probations that failed
    duration_histogram pauses{};    ///< from a gate closing to it opening
    duration_histogram waits{};     ///< the longest wait of a caller in each pause
    std::uint64_t calls_held = 0;   ///< callers that had to wait
    std::uint64_t state_bytes = 0;  ///< memory of the state when it moved last, as estimated
    std::vector<metric> own{};      ///< what the component's `metrics()` says
};

}  // namespace hotswap
