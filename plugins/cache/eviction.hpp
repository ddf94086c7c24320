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

/// The places at which samples go on: four for each stripe of threads, each of which goes around all rows. Four, because
/// rows next to each other were often stored one after the other, and are too much alike.
/// Threads:  [any]; two threads may share a stripe, and then compare some rows twice.
class hands {
public:
    /// Shows up to `rows` rows of `from`, which holds about `held`, to `look(cursor, row)`, which returns whether to erase
    /// the row.
    /// Cost:     four sweeps, each of which ends after eight vacant slots for each row.
    template <class Table, class Look>
    void sample(Table& from, std::size_t rows, std::uint64_t held, Look look) {
        auto const stripe = stripe_of_thread();
        for (std::size_t i = 0; i != hand_count; ++i) {
            auto& place = all_[stripe].places[i];
            table_cursor cursor = at(place.load(std::memory_order_relaxed), stripe, i, held);
            auto left = rows / hand_count;
            left -= from.csweep(cursor, left, [&](auto const& row) { return look(cursor, row); });
            // At the end of the table a sweep ends early: in a small one the other rows are at its begin.
            if (left != 0) from.csweep(cursor, left, [&](auto const& row) { return look(cursor, row); });
            place.store(std::uint64_t{cursor.shard} << 32U | cursor.slot, std::memory_order_relaxed);
        }
    }

private:
    static constexpr std::size_t hand_count = 4;
    static constexpr std::uint64_t nowhere = ~std::uint64_t{0};

    struct alignas(64) stripe_hands {
        // The shard in the upper half, the slot in the lower one.
        std::array<std::atomic<std::uint64_t>, hand_count> places{nowhere, nowhere, nowhere, nowhere};
    };

    /// A hand begins in a shard of its own, and at another height than its neighbours.
    static table_cursor at(std::uint64_t place, std::size_t stripe, std::size_t hand, std::uint64_t held) {
        if (place != nowhere)
            return {static_cast<std::uint32_t>(place >> 32U), static_cast<std::uint32_t>(place), 0};
        return {static_cast<std::uint32_t>(hand * 256 / hand_count + stripe),
                static_cast<std::uint32_t>(held / 256 * hand / hand_count), 0};
    }

    std::array<stripe_hands, stripe_count> all_;
};

/// Eviction that a scan cannot spoil: of 32 rows the one with the fewest hits for the time since its last use goes, and a
/// key that comes back while it is remembered keeps its hits. An entry that was never used again is worth a
/// twentieth of a hit; entries used within the last two cache fills differ little in age, so that hits decide.
/// Cost:     nothing moves on a hit; the mark changes at most once between two insertions.
/// Source:   A. Blankstein, S. Sen, M. J. Freedman: Hyperbolic caching. USENIX ATC 2017 (hits for time, by sampling); the
///           remembered keys are the ghosts of ARC and S3-FIFO.
struct fewest_hits_for_their_age {
    static constexpr std::size_t sample = 32;
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
        return (row.hits + 0.05) / (age + 2 * at.entries + 1);
    }
};

}  // namespace hotswap::plugins
