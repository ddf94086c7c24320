// What an operation did, phase by phase.
#pragma once

#include <hotswap/base/errc.hpp>
#include <hotswap/slot/generation_info.hpp>
#include <hotswap/swap/options.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap {

/// One step of an operation.
struct phase_report {
    hotswap::phase phase = hotswap::phase::none;
    std::chrono::nanoseconds duration{0};
    std::uint64_t bytes = 0;  ///< of the file or of the state, where the step handles any
};

/// What a swap, revert or restore did.
struct swap_report {
    std::string component{};
    generation_info from{};
    generation_info to{};
    std::vector<std::uint32_t> path{};  ///< the schema versions walked: 1, 2, 3
    std::vector<phase_report> phases{};
    std::chrono::nanoseconds pause{0};  ///< from the gate closing to the gate opening
    std::chrono::nanoseconds total{0};
    std::uint64_t calls_held = 0;  ///< calls that waited at the gate
    hotswap::transfer transfer = hotswap::transfer::snapshot;
    unload_report unload{};

    /// The report of one phase; zeros if it did not run.
    phase_report of(hotswap::phase step) const noexcept;
};

/// The report on a few lines, for a person.
std::string to_string(swap_report const& report);
/// "850 ns", "12.3 µs", "4.56 ms", "7.89 s".
std::string to_string(std::chrono::nanoseconds duration);

}  // namespace hotswap

template <>
struct fmt::formatter<hotswap::swap_report> : fmt::formatter<std::string_view> {
    template <class Context>
    auto format(hotswap::swap_report const& report, Context& context) const {
        return fmt::formatter<std::string_view>::format(hotswap::to_string(report), context);
    }
};
