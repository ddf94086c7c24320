// Wall-clock times as the shipped components keep them in their states.
#pragma once

#include <hotswap/detail/abi/chrono.hpp>

#include <stdexcept>
#include <string>

namespace hotswap::plugins {

/// A wall-clock time; it may step backwards.
using time = std::chrono::sys_time<std::chrono::nanoseconds>;

/// The longest time to live that a caller may ask for; sums with the time of day stay representable.
inline constexpr std::chrono::nanoseconds longest_ttl = std::chrono::hours{24} * 3653;

/// The interval at which a component checks whether a cleanup is due: swaps restart timers, so it must be
/// short.
inline constexpr std::chrono::nanoseconds cleanup_look = std::chrono::seconds{1};

/// Whether `interval` has passed since `last`; a `last` in the future counts as long ago.
constexpr bool is_due(time now, time last, std::chrono::nanoseconds interval) noexcept {
    return now < last || now - last >= interval;
}

/// `ttl`, or `otherwise` if it is 0.
/// Errors:   std::invalid_argument for a ttl that is negative or above 10 years.
inline std::chrono::nanoseconds checked_ttl(std::chrono::nanoseconds ttl,
                                            std::chrono::nanoseconds otherwise) {
    if (ttl < ttl.zero() || ttl > longest_ttl)
        throw std::invalid_argument("a ttl is between 0 and 10 years, not " + std::to_string(ttl.count()) +
                                    " ns");
    return ttl == ttl.zero() ? otherwise : ttl;
}

/// Throws unless `least` ≤ `value` ≤ `most`.
/// Errors:   std::invalid_argument that names the setting and its range.
inline void check_duration(char const* name, std::chrono::nanoseconds value, std::chrono::nanoseconds least,
                           std::chrono::nanoseconds most) {
    if (value < least || value > most)
        throw std::invalid_argument(std::string(name) + " is " + std::to_string(value.count()) +
                                    " ns, expected between " + std::to_string(least.count()) + " and " +
                                    std::to_string(most.count()) + " ns");
}

}  // namespace hotswap::plugins
