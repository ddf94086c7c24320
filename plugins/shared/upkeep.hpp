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

/// The place of a table's upkeep, and its pace: a round or more in each `interval`, but at most `rows_at_once` rows a call,
/// and eight times as many vacant slots.
class upkeep {
public:
    static constexpr std::size_t rows_in_a_slice = 64;  ///< under one lock: some microseconds
    static constexpr std::size_t rows_at_once = 4096;

    /// Sweeps what is due in one period of the timer, a slice or more; `slice(cursor, n)` sweeps `n` rows of the table, which
    /// has `rows` now.
    /// Effects:  ends early, between two slices, when callers should leave: a swap waits for this call too.
    template <class Slice>
    void run(host const& host, std::size_t rows, std::chrono::nanoseconds interval, Slice slice) {
        interval = std::max(interval, upkeep_period);
        auto const calls = static_cast<std::size_t>(interval / upkeep_period);
        auto const even = rows / calls / rows_in_a_slice + 1;
        // The share of rows keeps calls of a full table even, but slows down as rows go, and slots take their time also when
        // they are vacant: the shards keep the round in its interval.
        auto const time_of_a_shard = interval / detail::table_core::shard_count;
        late_ = std::min(late_ + upkeep_period, interval);
        auto const round = cursor_.rounds;
        for (std::size_t slices = 0; slices != rows_at_once / rows_in_a_slice && !host.draining(); ++slices) {
            if (slices >= even && late_ < time_of_a_shard) break;
            auto const before = shards_passed();
            slice(cursor_, rows_in_a_slice);
            auto const passed = static_cast<std::int64_t>(shards_passed() - before);
            late_ = std::max(late_ - passed * time_of_a_shard, std::chrono::nanoseconds::zero());
            if (round != cursor_.rounds) break;
        }
    }

private:
    std::uint64_t shards_passed() const noexcept {
        return cursor_.rounds * detail::table_core::shard_count + cursor_.shard;
    }

    table_cursor cursor_;
    std::chrono::nanoseconds late_{0};  ///< the time for which no shard has been passed yet
};

}  // namespace hotswap::plugins
