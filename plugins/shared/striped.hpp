// Counts that many threads add to, kept in a state.
#pragma once

#include <pthread.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace hotswap::plugins {

/// The number of stripes of counts in a state; frozen.
inline constexpr std::size_t stripe_count = 16;

/// The calling thread's stripe: threads seldom share one, so they seldom wait for each other's cache lines.
inline std::size_t stripe_of_thread() noexcept {
    return static_cast<std::size_t>(
        (static_cast<std::uint64_t>(pthread_self()) >> 12U) * 0x9e3779b97f4a7c15U >> 60U);
}

/// Adds to a count of a state that other threads add to at the same time.
inline void add_to(std::uint64_t& count, std::uint64_t number = 1) noexcept {
    std::atomic_ref(count).fetch_add(number, std::memory_order_relaxed);
}

/// The sum of one count over all stripes, while other threads add to them.
template <class Counts>
std::uint64_t sum_of(std::array<Counts, stripe_count>& stripes, std::uint64_t Counts::*which) noexcept {
    std::uint64_t sum = 0;
    for (Counts& each : stripes) sum += std::atomic_ref(each.*which).load(std::memory_order_relaxed);
    return sum;
}

}  // namespace hotswap::plugins
