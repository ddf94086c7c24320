// The limits of the helper process: set, tested, and reported if they do not bind.
#pragma once

#include "rehearsal/rehearsal_wire.hpp"

#include <cstdint>

namespace hotswap::rehearse {

/// Sets the request's limits for this process, which has one thread and has run no foreign code, and reports
/// the limits that are not in force.
/// Effects:  ends the process if its host is gone.
void confine(detail::wire::request const& wanted, bool with_running_module);

/// The limited resources that this process has used.
struct taken_so_far {
    std::uint64_t cpu_seconds = 0;
    std::uint64_t threads = 0;
    std::uint64_t descriptors = 0;
    std::uint64_t address_space = 0;

    static taken_so_far now() noexcept;
};

/// Raises the limits by the amounts that the running module has used since `before`.
void make_room_for_next(detail::wire::request const& wanted, taken_so_far const& before) noexcept;

}  // namespace hotswap::rehearse
