// How a victim is found: no list keeps the order of entries; a few rows are compared by what stands in them.
#pragma once

#include "shared/clock.hpp"
#include "shared/striped.hpp"

#include <hotswap/table.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace hotswap::plugins {

/// What the worth of a row depends on besides the row.
struct moment {
    std::uint64_t clock = 0;  ///< the state's clock
    double entries = 0;       ///< the number of entries held
};

/// The place of the row with the least worth of a sample.
struct victim {
    double worth = std::numeric_limits<double>::infinity();
    table_cursor at{};

    explicit operator bool() const noexcept { return worth < std::numeric_limits<double>::infinity(); }
    /// `after`: the cursor of a sweep, as its visitor sees it: behind the row.
    void offer(double its_worth, table_cursor const& after) noexcept {
        if (its_worth < worth) *this = {its_worth, {after.shard, after.slot - 1, 0}};
    }
};

/// The places at which samples go on, each around all rows; threads share two. With more of them the rows around one
/// place wait longer for the next sample, and the miss ratio rises.
/// Threads:  [any]; two threads may look at the same rows at once, and only one of them then finds its victim.
class hands {
public:
    static constexpr std::size_t rows_at_once = 32;

    /// Shows up to `rows` rows of `from` to `look(cursor, row)`, which returns whether to erase the row.
    /// Cost:     at most three sweeps, each of which ends after eight vacant slots for each row.
    template <class Table, class Look>
    void sample(Table& from, std::size_t rows, Look look) {
        auto& mine = places_[stripe_of_thread() % places_.size()].place;
        auto const place = mine.load(std::memory_order_relaxed);
        table_cursor cursor{static_cast<std::uint32_t>(place >> 32U), static_cast<std::uint32_t>(place), 0};
        for (int sweeps = 0; rows != 0 && sweeps != 3; ++sweeps)
            rows -= from.csweep(cursor, rows, [&](auto const& row) { return look(cursor, row); });
        mine.store(std::uint64_t{cursor.shard} << 32U | cursor.slot, std::memory_order_relaxed);
    }

private:
    struct alignas(64) hand {
        std::atomic<std::uint64_t> place;  // the shard in the upper half, the slot in the lower one
    };

    std::array<hand, 2> places_{hand{0}, hand{std::uint64_t{128} << 32U}};
};

/// Eviction that a scan cannot spoil: of 32 rows the one with the fewest hits for the time since its last use goes, and a
/// key that comes back while it is remembered keeps its hits. An entry that was never used again is worth a
/// tenth of a hit; within the time of one and a half cache fills ages differ little, so that hits decide.
/// Cost:     nothing moves on a hit; the mark changes at most once between two insertions.
/// Source:   A. Blankstein, S. Sen, M. J. Freedman: Hyperbolic caching. USENIX ATC 2017 (hits for time, by sampling); the
///           remembered keys are the ghosts of ARC and S3-FIFO.
struct fewest_hits_for_their_age {
    static constexpr std::uint8_t most_hits = 15;

    static std::uint8_t one_more(std::uint8_t hits) noexcept {
        return static_cast<std::uint8_t>(std::min(hits + 1, int{most_hits}));
    }

    template <class Row>
    static void use(Row& row, std::uint64_t clock) noexcept {
        if (row.used >= clock) return;
        row.used = clock;
        row.hits = one_more(row.hits);
    }
    template <class Row>
    static double worth(Row const& row, moment const& at) noexcept {
        auto const age = static_cast<double>(at.clock - std::min(at.clock, row.used));
        return (row.hits + 0.1) / (age + 1.5 * at.entries + 1);
    }
};

}  // namespace hotswap::plugins
