// What the tier on disk keeps of an entry.
#pragma once

#include "shared/clock.hpp"

#include <cstdint>
#include <string>

namespace hotswap::plugins {

/// A value on disk. Its times are wall-clock times, so they stay right across restarts.
struct disk_value {
    std::string value{};
    time expires{};
    time stale_until{};  ///< at least `expires`; after it the value is never given out
    std::uint8_t hits = 0;
};

/// An entry on its way to the disk.
struct disk_entry {
    std::string key{};
    disk_value content{};
};

}  // namespace hotswap::plugins
