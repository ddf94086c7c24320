// The upkeep of a table: a timer that sweeps it a few rows at a time, and leaves when a swap waits.
#pragma once

#include <hotswap/detail/abi/chrono.hpp>
#include <hotswap/detail/sdk/host.hpp>
#include <hotswap/table.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace hotswap::plugins {

/// The interval of a component's timer. Swaps restart timers, so it is short.
inline constexpr std::chrono::nanoseconds upkeep_period = std::chrono::milliseconds{100};

/// The place of a table's upkeep, and its pace: a round in each `interval`, but at most `rows_at_once` rows a call.
class upkeep {
public:
    static constexpr std::size_t rows_in_a_slice = 64;  ///< under one lock: some microseconds
    static constexpr std::size_t rows_at_once = 4096;

    /// Sweeps the share of `rows` that is due in one period of the timer; `slice(cursor, n)` sweeps `n` rows.
    /// Effects:  ends early, between two slices, when callers should leave: a swap waits for this call too.
    template <class Slice>
    void run(host const& host, std::size_t rows, std::chrono::nanoseconds interval, Slice slice) {
        auto const calls = std::max<std::int64_t>(interval / upkeep_period, 1);
        auto left = std::min(rows / static_cast<std::size_t>(calls) + rows_in_a_slice, rows_at_once);
        for (auto const round = cursor_.rounds; left != 0 && round == cursor_.rounds && !host.draining();) {
            auto const size = std::min(left, rows_in_a_slice);
            slice(cursor_, size);
            left -= size;
        }
    }

private:
    table_cursor cursor_;
};

}  // namespace hotswap::plugins
