// The time points that a state may hold: another process, after a reboot, must read them as the same moment.
#include <hotswap/detail/state/layout.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>

namespace {

/// Seconds since the first run of the plant: its author declares the epoch fixed.
struct plant_clock {
    using rep = std::int64_t;
    using period = std::ratio<1>;
    using duration = std::chrono::seconds;
    using time_point = std::chrono::time_point<plant_clock>;
    [[maybe_unused]] static constexpr bool is_steady = false;
};

struct schedule {
    std::chrono::sys_seconds at;
    std::chrono::system_clock::time_point since;
    std::chrono::local_days day;
    std::filesystem::file_time_type written;
    plant_clock::time_point cycle;
};

}  // namespace

template <>
inline constexpr bool hotswap::has_fixed_epoch<plant_clock> = true;

TEST_CASE(
    "state: time points of clocks with a fixed epoch are values, also of a clock that its author says so "
    "of") {
    CHECK_FALSE(hotswap::layout_of<schedule>().opaque);
    CHECK(hotswap::has_fixed_epoch<std::chrono::system_clock>);
    CHECK(hotswap::has_fixed_epoch<std::chrono::file_clock>);
    CHECK_FALSE(hotswap::has_fixed_epoch<std::chrono::steady_clock>);
}

TEST_CASE(
    "state: a high resolution clock is admitted where it is the system's, and not where it is a steady one") {
    using clock = std::chrono::high_resolution_clock;
    CHECK(hotswap::has_fixed_epoch<clock> == std::is_same_v<clock, std::chrono::system_clock>);
}
