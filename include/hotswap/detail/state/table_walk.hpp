// Walks over the rows of a table in the order of their slots: over all, or over some from a cursor on.
#pragma once

#include <hotswap/detail/state/table_guard.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

namespace hotswap {

/// A place in a table, for `table::sweep`; a new one is at the begin. It stays valid whatever happens to the rows.
struct table_cursor {
    std::uint32_t shard = 0;
    std::uint32_t slot = 0;
    std::uint64_t rounds = 0;  ///< how often a sweep has reached the end, and began again

    friend bool operator==(table_cursor const&, table_cursor const&) = default;
};

}  // namespace hotswap

namespace hotswap::detail {

/// Calls `found(shard, slot)` for every row, each under its shard's lock; returns the number of rows.
template <class Found>
std::size_t walk_rows(table_core& core, slot_shape shape, Found&& found) {
    std::size_t met = 0;
    for (table_shard& one : core.shards) {
        if (one.rows() == 0) continue;
        table_guard const shard(one);
        for (std::uint32_t slot = 0; slot != shard->high_water; ++slot) {
            if (!shard->is_taken(slot, shape)) continue;
            found(*shard, slot);
            ++met;
        }
    }
    return met;
}

/// The part of a sweep in one shard; `slots` and `rows` are what is left of its bounds.
template <class Found>
std::size_t sweep_shard(table_shard& one, slot_shape shape, table_cursor& cursor, std::size_t rows,
                        std::size_t& slots, Found& found) {
    std::size_t met = 0;
    table_guard const shard(one);
    for (; met != rows && slots != 0 && cursor.slot < shard->high_water; ++cursor.slot, --slots) {
        if (!shard->is_taken(cursor.slot, shape)) continue;
        ++met;
        // Before the call, which may throw: the next sweep begins behind this row.
        table_cursor const here = cursor;
        ++cursor.slot;
        found(*shard, here.slot);
        cursor = here;
    }
    if (cursor.slot < shard->high_water) return met;
    ++cursor.shard;
    cursor.slot = 0;
    return met;
}

/// Calls `found(shard, slot)` for up to `rows` rows from `cursor` on, under one shard's lock at a time; stops at the end of
/// the table, and after eight vacant slots for each row.
template <class Found>
std::size_t sweep_rows(table_core& core, slot_shape shape, table_cursor& cursor, std::size_t rows,
                       Found&& found) {
    std::size_t met = 0;
    std::size_t slots = 8 * std::min(rows, std::size_t{1} << 40);
    cursor.shard = std::min(cursor.shard, table_core::shard_count);
    while (met != rows && slots != 0 && cursor.shard != table_core::shard_count) {
        table_shard& one = core.shards[cursor.shard];
        if (one.rows() == 0)
            cursor = {cursor.shard + 1, 0, cursor.rounds};
        else
            met += sweep_shard(one, shape, cursor, rows - met, slots, found);
    }
    if (cursor.shard == table_core::shard_count) cursor = {0, 0, cursor.rounds + 1};
    return met;
}

/// Makes room for `rows` rows in total.
inline void reserve_rows(table_core& core, slot_shape shape, std::size_t rows) {
    if (rows > std::size_t{1} << 33) throw std::length_error("hotswap: a table holds 2^33 rows at most");
    // Keys do not spread evenly over shards: reserve four standard deviations more than the average.
    auto share = static_cast<std::uint32_t>(rows / table_core::shard_count + 1);
    share += static_cast<std::uint32_t>(4 * std::sqrt(share));
    for (table_shard& each : core.shards) {
        table_guard const shard(each);
        shard->reserve_index(share);
        shard->reserve_slot(share - 1, shape);
    }
}

/// Destroys the rows of a shard that no other thread uses, and frees its memory.
template <class Value>
void free_rows(table_shard& shard) noexcept {
    for (std::uint32_t slot = 0; slot != shard.high_water; ++slot)
        if (shard.is_taken(slot, shape_of<Value>))
            static_cast<Value*>(shard.row(slot, shape_of<Value>))->~Value();
    shard.free_memory(shape_of<Value>);
}

/// Gives up one owner's part of `core`; the last one frees it.
template <class Value>
void release_core(table_core* core) noexcept {
    if (core == nullptr || core->owners.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    for (table_shard& shard : core->shards) free_rows<Value>(shard);
    delete core;
}

}  // namespace hotswap::detail
