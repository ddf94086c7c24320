// The kernel's facts about this process. Allocates nothing: memory may be exhausted.
#pragma once

#include <cstdint>

namespace hotswap::rehearse {

/// The number after `name` in /proc/self/status; 0 if it cannot be read.
std::uint64_t number_in_status(char const* name) noexcept;

/// The number of open descriptors beyond those that the helper began with.
std::uint64_t count_descriptors() noexcept;

}  // namespace hotswap::rehearse
