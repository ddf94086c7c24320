// The limits of the helper process: put in force, looked at, and named where they do not bind.
#pragma once

#include "rehearsal/rehearsal_wire.hpp"

#include <cstdint>

namespace hotswap::rehearse {

/// Puts this process, which has one thread and has run nothing foreign, under the limits of the request, and says which of
/// them are not in force.
/// Effects:  ends the process if its host is gone.
void confine(detail::wire::request const& wanted, bool with_running_module);

/// What this process has taken of what is limited.
struct taken_so_far {
    std::uint64_t cpu_seconds = 0;
    std::uint64_t threads = 0;
    std::uint64_t descriptors = 0;
    std::uint64_t address_space = 0;

    static taken_so_far now() noexcept;
};

/// The running module is in place: the limits are raised by what it has taken since `before`.
void make_room_for_next(detail::wire::request const& wanted, taken_so_far const& before) noexcept;

}  // namespace hotswap::rehearse
