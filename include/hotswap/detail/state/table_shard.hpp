// One shard of a table: rows in slots that never move, and an index from hashes to slots.
//
// No code here knows a row's type, and nothing points into a module: the code of another generation may read
// and write the same shard. The parts that depend on the type (the shape of a slot) are parameters.
#pragma once

#include <hotswap/detail/state/table_lock.hpp>
#include <hotswap/detail/state/table_seed.hpp>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <stdexcept>

namespace hotswap::detail {

/// Is called for every change to a watched shard, under that shard's lock, on the thread that makes the
/// change.
/// Lifetime: outlives its registration in every shard.
struct table_watcher {
    using hook = void(table_watcher* self, std::uint32_t shard, std::uint32_t slot) noexcept;
    hook* before = nullptr;   ///< a row is about to change or to be erased; may be null
    hook* changed = nullptr;  ///< a row is new, or has changed
    hook* erased = nullptr;   ///< a row is about to be erased
};

/// The size and alignment of a slot: a `slot_head`; the row begins `offset` bytes after the slot's begin.
struct slot_shape {
    std::size_t stride;
    std::size_t offset;
    std::size_t align;
};

template <class Value>
inline constexpr slot_shape shape_of = [] {
    constexpr std::size_t align = alignof(Value) < 8 ? 8 : alignof(Value);
    constexpr std::size_t offset = align;
    return slot_shape{(offset + sizeof(Value) + align - 1) / align * align, offset, align};
}();

/// The slot's own data, in front of its row.
struct slot_head {
    static constexpr std::uint32_t taken = 0xffffffff;
    static constexpr std::uint32_t none = 0xfffffffe;

    std::uint32_t hash;
    std::uint32_t link;  ///< `taken`, or the next vacant slot
};

/// Threads:  the thread that holds `lock`.
struct alignas(64) table_shard {
    // Fields that every call uses share one cache line with the watcher, which almost no call needs.
    table_lock lock;
    std::atomic<std::uint32_t> size{0};
    table_watcher* watcher = nullptr;
    /// Open addressing: the hash in the upper half, the slot + 1 in the lower half, 0 if vacant.
    std::uint64_t* index = nullptr;
    std::uint32_t mask = 0;
    std::uint32_t high_water = 0;  ///< slots from here on were never used
    std::uint32_t first_vacant = slot_head::none;
    std::uint32_t chunk_count = 0;
    std::atomic<std::uintptr_t> holder{0};  ///< the thread inside, in debug builds

    // Each chunk is as large as all before it together, so rows never move.
    static constexpr std::uint32_t max_chunks = 24;
    alignas(64) unsigned char* chunks[max_chunks] = {};

    static constexpr std::uint32_t first_slot_of(std::uint32_t chunk) noexcept { return (4u << chunk) & ~7u; }
    static constexpr std::uint32_t chunk_of(std::uint32_t slot) noexcept {
        return static_cast<std::uint32_t>(std::bit_width(slot | 7u)) - 3;
    }
    static constexpr std::uint32_t slots_in(std::uint32_t chunk) noexcept {
        return chunk == 0 ? 8 : 4u << chunk;
    }

    slot_head& head(std::uint32_t slot, slot_shape shape) const noexcept {
        std::uint32_t const chunk = chunk_of(slot);
        return *reinterpret_cast<slot_head*>(chunks[chunk] + (slot - first_slot_of(chunk)) * shape.stride);
    }
    void* row(std::uint32_t slot, slot_shape shape) const noexcept {
        return reinterpret_cast<unsigned char*>(&head(slot, shape)) + shape.offset;
    }
    bool is_taken(std::uint32_t slot, slot_shape shape) const noexcept {
        return slot < high_water && head(slot, shape).link == slot_head::taken;
    }
    std::uint32_t rows() const noexcept { return size.load(std::memory_order_relaxed); }

    // ------------------------------------------------------------------------------------------ the index

    static constexpr std::uint64_t entry(std::uint32_t hash, std::uint32_t slot) noexcept {
        return std::uint64_t{hash} << 32 | (slot + 1);
    }
    /// The slot of the row with that key, or `slot_head::none`.
    template <class Value, class Equal, class Key>
    std::uint32_t find(std::uint64_t hash, Key const& key) const {
        if (index == nullptr) return slot_head::none;
        auto const mark = static_cast<std::uint32_t>(hash >> 32);
        for (std::uint32_t at = mark & mask;; at = (at + 1) & mask) {
            std::uint64_t const found = index[at];
            if (found == 0) return slot_head::none;
            auto const slot = static_cast<std::uint32_t>(found) - 1;
            if (found >> 32 == mark &&
                Equal{}(static_cast<Value const*>(row(slot, shape_of<Value>))->first, key))
                return slot;
        }
    }
    /// Makes room for `count` rows.
    void reserve_index(std::uint64_t count) {
        if (index != nullptr && count <= (std::uint64_t{mask} + 1) / 4 * 3) return;
        std::uint64_t const wanted = std::bit_ceil(count < 6 ? std::uint64_t{8} : (count * 4 + 2) / 3);
        if (wanted > std::uint64_t{1} << 31) throw std::length_error("hotswap: a shard of the table is full");
        auto* const old = index;
        std::uint64_t const old_size = old == nullptr ? 0 : std::uint64_t{mask} + 1;
        index = new std::uint64_t[wanted]();
        mask = static_cast<std::uint32_t>(wanted - 1);
        for (std::uint64_t i = 0; i != old_size; ++i)
            if (old[i] != 0) put(old[i]);
        delete[] old;
    }
    void put(std::uint64_t what) noexcept {
        std::uint32_t at = static_cast<std::uint32_t>(what >> 32) & mask;
        while (index[at] != 0) at = (at + 1) & mask;
        index[at] = what;
    }
    /// Removes the entry of a slot; later entries move up, so that no search ends early.
    void take_out(std::uint32_t hash, std::uint32_t slot) noexcept {
        std::uint32_t hole = hash & mask;
        while (index[hole] != entry(hash, slot)) hole = (hole + 1) & mask;
        for (std::uint32_t at = (hole + 1) & mask; index[at] != 0; at = (at + 1) & mask) {
            std::uint32_t const home = static_cast<std::uint32_t>(index[at] >> 32) & mask;
            if (((at - home) & mask) < ((at - hole) & mask)) continue;
            index[hole] = index[at];
            hole = at;
        }
        index[hole] = 0;
    }

    // ------------------------------------------------------------------------------------------ the slots

    /// Allocates slots up to `slot`. They are not initialised before `high_water` passes them.
    void reserve_slot(std::uint32_t slot, slot_shape shape) {
        while (chunk_of(slot) >= chunk_count) {
            if (chunk_count == max_chunks) throw std::length_error("hotswap: a shard of the table is full");
            chunks[chunk_count] = static_cast<unsigned char*>(
                ::operator new(slots_in(chunk_count) * shape.stride, std::align_val_t(shape.align)));
            ++chunk_count;
        }
    }
    /// Makes the kernel provide memory for the first `slots` slots, none of which was ever used: a page fault
    /// takes longer than a lock should be held.
    void touch(std::uint32_t slots, slot_shape shape) noexcept {
        constexpr std::size_t page = 4096;
        for (std::uint32_t chunk = 0; chunk != chunk_count && first_slot_of(chunk) < slots; ++chunk) {
            std::size_t const used = std::min(slots - first_slot_of(chunk), slots_in(chunk)) * shape.stride;
            for (std::size_t at = 0; at < used; at += page) chunks[chunk][at] = 0;
        }
    }
    /// A vacant slot, not taken yet.
    std::uint32_t find_vacant(slot_shape shape) {
        if (first_vacant == slot_head::none && rows() < high_water) list_vacant(shape);
        if (first_vacant != slot_head::none) return first_vacant;
        reserve_slot(high_water, shape);
        return high_water;
    }
    // A copy that was made slot by slot has gaps that are not yet listed.
    void list_vacant(slot_shape shape) noexcept {
        for (std::uint32_t slot = high_water; slot-- != 0;) {
            if (head(slot, shape).link == slot_head::taken) continue;
            head(slot, shape).link = first_vacant;
            first_vacant = slot;
        }
    }
    /// Enters a row that was constructed in the vacant slot `slot`; the index has room.
    void enter(std::uint32_t slot, std::uint32_t hash, slot_shape shape) noexcept {
        if (slot == first_vacant)
            first_vacant = head(slot, shape).link;
        else
            raise_high_water(slot + 1, shape);
        head(slot, shape) = {hash, slot_head::taken};
        put(entry(hash, slot));
        size.store(rows() + 1, std::memory_order_relaxed);
    }
    void raise_high_water(std::uint32_t to, slot_shape shape) noexcept {
        for (; high_water < to; ++high_water) head(high_water, shape).link = slot_head::none;
    }
    /// Removes a row, which the caller destroys. `listed`: whether its slot may be used for another row.
    void leave(std::uint32_t slot, slot_shape shape, bool listed) noexcept {
        slot_head& mine = head(slot, shape);
        take_out(mine.hash, slot);
        mine.link = listed ? first_vacant : slot_head::none;
        if (listed) first_vacant = slot;
        size.store(rows() - 1, std::memory_order_relaxed);
    }
    /// Frees all memory; the rows are already destroyed.
    void free_memory(slot_shape shape) noexcept {
        for (std::uint32_t chunk = 0; chunk != chunk_count; ++chunk)
            ::operator delete(chunks[chunk], std::align_val_t(shape.align));
        delete[] index;
        index = nullptr;
        mask = high_water = chunk_count = 0;
        first_vacant = slot_head::none;
        size.store(0, std::memory_order_relaxed);
    }
};

static_assert(sizeof(table_shard) == 256);

/// All of a table's memory. Generations share it by counting owners.
struct table_core {
    static constexpr std::uint32_t shard_count = 256;

    std::atomic<std::uint32_t> owners{1};
    table_seed seed = table_seed::random();  ///< of a seeded hash; a copy that keeps slots keeps it too
    table_shard shards[shard_count];

    // The index uses the upper 32 bits, so bits of the lower half choose the shard.
    table_shard& shard_of(std::uint64_t hash) noexcept { return shards[hash >> 24 & (shard_count - 1)]; }
    std::uint32_t number_of(table_shard const& shard) const noexcept {
        return static_cast<std::uint32_t>(&shard - shards);
    }
    std::uint64_t rows() const noexcept {
        std::uint64_t sum = 0;
        for (table_shard const& shard : shards) sum += shard.rows();
        return sum;
    }
};

}  // namespace hotswap::detail
