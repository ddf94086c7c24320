// The cache's legacy state. Frozen: release 0.1.0 wrote it.
#pragma once

#include <hotswap/detail/abi/chrono.hpp>
#include <hotswap/table.hpp>

#include <cstdint>
#include <string>

namespace hotswap::cache_states::v0 {

using time = std::chrono::sys_time<std::chrono::nanoseconds>;

struct row {
    std::string value;
    time expires{};
};

/// Rows, and the bytes of heap that their keys and values use (`heap_of`); counted as rows come and go.
struct amount {
    std::uint64_t rows = 0;
    std::uint64_t heap = 0;
};

/// Before versioning: keys and values.
struct state {
    hotswap::table<std::string, row, hotswap::seeded_hash> entries;
    amount held;
};

}  // namespace hotswap::cache_states::v0
