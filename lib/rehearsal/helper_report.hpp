// What a rehearsal's helper reported, read with suspicion: a stranger's code ran in its process.
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

/// The records, as far as they could be read.
struct helper_report {
    bool began = false;   ///< there is a helper of this release
    bool passed = false;  ///< the report is complete
    bool broken = false;  ///< it is none
    wire::stage at = wire::stage::begin;
    std::array<std::chrono::nanoseconds, wire::stage_count> took{};
    std::uint64_t peak_memory = 0;
    std::uint64_t dropped_lines = 0;
    bool memory_was_out = false;
    std::optional<int> exit_status{};           ///< exit() was called with it
    std::optional<wire::stage> forked{};        ///< where fork() was called
    std::optional<std::string> uncaught{};      ///< the words of what was thrown
    std::optional<std::string> unloadable{};    ///< the dynamic linker's words
    std::optional<std::string> misbehaviour{};  ///< in words
    abi::status answer = abi::status::ok;
    abi::error why{};  ///< of that answer
    std::vector<std::string> log{};
    std::vector<std::string> not_in_force{};
    std::vector<std::string> left{};
    wire::next_to in_place = wire::next_to::nothing;  ///< of the running module
    std::string why_not_more{};                       ///< of it, in its words; empty: that is what was wanted

    /// Whether it ended where the running module was at work.
    bool ended_in_running() const noexcept { return began && !passed && wire::is_of_running(at); }
    /// Whether the module itself decided to end it: it might not have, in the host.
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

/// What the helper was allowed, for the sentences.
struct helper_limits {
    std::chrono::nanoseconds deadline{0};
    std::uint64_t address_space = 0;
    std::uint64_t cpu_seconds = 0;
    std::uint64_t file_size = 0;
};

/// How the helper ended, in words, where the report is not complete: "signal 6 (Aborted)", "exit(3)", …
std::string ending_in_words(helper_report const& told, helper_ending const& how);

/// Whether the module called `name` has passed. `next_to` goes with what it did: ", while 1.0.0 was loaded next to it".
/// Errors:   those of a swap for what the module's code threw; rehearsal_failed for all else that it did; no_rehearsal if
///           nothing can be said about it.
result<void> check_report(helper_report const& told, helper_ending const& how, helper_limits const& limits,
                          std::string_view name, std::string_view next_to = {});

}  // namespace hotswap::detail
