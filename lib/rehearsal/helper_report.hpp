// The report of a rehearsal's helper, read with suspicion: foreign code ran in its process.
#pragma once

#include "rehearsal/helper_process.hpp"
#include "rehearsal/rehearsal_wire.hpp"

#include <hotswap/detail/abi/host_api.hpp>
#include <hotswap/failure.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::detail {

/// The records of a report, as far as they could be read.
struct helper_report {
    bool began = false;   ///< a helper of this release has started
    bool passed = false;  ///< the report is complete
    bool broken = false;  ///< it is not a valid report
    wire::stage at = wire::stage::begin;
    std::array<std::chrono::nanoseconds, wire::stage_count> took{};
    std::uint64_t peak_memory = 0;
    std::uint64_t dropped_lines = 0;
    bool memory_was_out = false;
    std::optional<int> exit_status{};           ///< exit() was called with it
    std::optional<wire::stage> forked{};        ///< where fork() was called
    std::optional<std::string> uncaught{};      ///< the message of the uncaught exception
    std::optional<std::string> unloadable{};    ///< the dynamic linker's words
    std::optional<std::string> misbehaviour{};  ///< in words
    abi::status answer = abi::status::ok;
    abi::error why{};  ///< the reason for that answer
    std::vector<std::string> log{};
    std::vector<std::string> not_in_force{};
    std::vector<std::string> left{};
    wire::next_to in_place = wire::next_to::nothing;  ///< the part of the running module that is in place
    /// The reason why not more of it is in place, in its words; empty: all that was requested is in place.
    std::string why_not_more{};

    /// Whether the helper ended while the running module was at work.
    bool ended_in_running() const noexcept { return began && !passed && wire::is_of_running(at); }
    /// Whether the module itself decided to end: in the host it might not.
    bool is_by_own_words() const noexcept {
        bool const is_unwell = misbehaviour.has_value() && at == wire::stage::check_health;
        return uncaught || exit_status || is_unwell ||
               (answer != abi::status::ok && answer != abi::status::out_of_memory);
    }
    std::chrono::nanoseconds time_of(wire::stage which) const noexcept {
        return took[static_cast<std::uint32_t>(which)];
    }
};

helper_report read_report(std::string_view bytes);

/// The helper's limits, for messages.
struct helper_limits {
    std::chrono::nanoseconds deadline{0};
    std::uint64_t address_space = 0;
    std::uint64_t cpu_seconds = 0;
    std::uint64_t file_size = 0;
};

/// The end of the helper, in words, without a complete report: "signal 6 (Aborted)", "exit(3)", …
std::string ending_in_words(helper_report const& told, helper_ending const& how);

/// Whether the module with the file name `name` has passed. `next_to` follows the description of its fault:
/// ", while 1.0.0 was loaded next to it".
/// Errors:   those of a swap for exceptions of the module's code; rehearsal_failed for all its other faults;
///           no_rehearsal if the module cannot be judged.
result<void> check_report(helper_report const& told, helper_ending const& how, helper_limits const& limits,
                          std::string_view name, std::string_view next_to = {});

}  // namespace hotswap::detail
