// What the kernel says of this process. Allocates nothing: memory may be out.
#pragma once

#include <cstdint>

namespace hotswap::rehearse {

/// The number behind `name` in /proc/self/status; 0 if it cannot be read.
std::uint64_t number_in_status(char const* name) noexcept;

/// How many descriptors are open behind those that the helper began with.
std::uint64_t count_descriptors() noexcept;

}  // namespace hotswap::rehearse
