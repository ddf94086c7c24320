// The pass of a table's rows into another table, through a chain of functions.
//
// The code that drives the pass knows no types: two `table_type`s contain the parts that depend on them.
#pragma once

#include <hotswap/detail/state/table_guard.hpp>
#include <hotswap/detail/state/table_trace.hpp>

#include <atomic>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

namespace hotswap::detail {

/// The result of placing a row in a slot.
struct placement {
    enum class outcome { placed, hashed_otherwise, key_is_there };
    outcome is = outcome::placed;
    std::uint32_t other = slot_head::none;  ///< the slot of the row that has the key
};

/// The place of a row if slots are kept: the number of the shard, and the hash that the slot stores.
struct table_place {
    std::uint32_t shard;
    std::uint32_t slot;
    std::uint32_t hash;
};

/// The functions on the rows of a table, compiled where the row type is known, for code that does not know
/// it.
struct table_type {
    slot_shape shape;
    std::uint64_t fingerprint;

    /// Sends a copy of the row in `value`, or the row itself.
    void (*copy)(void const* value, table_flow const& next);
    void (*consume)(void* value, table_flow const& next);

    /// Constructs or replaces the row in a slot, if this module's hash of the key leads to the same slot; the
    /// caller owns the slot's shard.
    placement (*place)(table_core& core, table_place where, key_in_flight key, void* row);
    void (*remove)(table_shard& shard, std::uint32_t slot);
    /// Adds a row by its key, under the shard's lock; false if the key is there.
    bool (*add)(table_core& core, key_in_flight key, void* row);
    /// Removes the row of a key, under the shard's lock.
    void (*forget)(table_core& core, void const* key);
    bool (*same_key)(void const* a, void const* b);
    void (*describe_key)(void const* key, std::string& out);
    /// An estimate of the memory that key and row of `value` own outside of themselves, in bytes.
    std::size_t (*heap_bytes)(void const* value) noexcept;
    void (*release)(table_core* core) noexcept;
    /// Frees the rows of a shard of a table that has no other owner; false if there were no rows.
    bool (*free_shard)(table_core& core, std::uint32_t shard) noexcept;

    /// The content of a table object; an empty one gets its own memory first.
    lent_table (*lend)(void* table);
    /// Makes a table object the owner of `core`, or an empty one that records in `trace`.
    void (*fill)(void* table, table_core* core, traced_table* trace);
};

/// The data that is the same for every row of a pass.
struct table_pass {
    table_type const* from = nullptr;
    table_type const* to = nullptr;
    table_core* source = nullptr;
    table_core* target = nullptr;
    table_chain const* chain = nullptr;
    /// Whether rows keep their keys, and so their slots: then the source's lock also guards the target's
    /// shard.
    bool aligned = true;
    /// Set by the first thread that searches for the other of two rows; null if no other thread uses the
    /// source.
    std::atomic<bool>* searched = nullptr;

    /// The action on a row at the end of its chain.
    enum class purpose { arrive, forget, compare };

    bool is_taken(std::uint32_t shard, std::uint32_t slot) const noexcept {
        return source->shards[shard].is_taken(slot, from->shape);
    }
    /// Sends a copy of a row, or the row itself, which the chain's functions then use up.
    inline void copy(std::uint32_t shard, std::uint32_t slot, purpose why = purpose::arrive,
                     bool* arrived = nullptr) const;
    inline void consume(std::uint32_t shard, std::uint32_t slot) const;
    inline void arrive(table_flow const& at, key_in_flight key, void* row) const;
    inline void arrive_in_slot(table_flow const& at, key_in_flight key, void* row) const;
    /// The key of a row, in words.
    inline std::string name(std::uint32_t shard, std::uint32_t slot) const;
    /// The message for two rows, one of them at `at`, that both get `key`.
    inline std::string name_collision(table_flow const& at, void const* key) const;
    inline std::string name_collision(table_flow const& at, std::string const& other, void const* key) const;
};

/// A row's key has another hash than the one stored in its slot: slots cannot be kept.
class hash_changed : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

/// Two keys have become one.
class key_collision : public std::invalid_argument {
public:
    using std::invalid_argument::invalid_argument;
};

/// A row in the chain: the steps done, and its destination.
struct table_flow {
    table_pass const* pass;
    std::uint32_t shard;
    std::uint32_t slot;
    table_pass::purpose why;
    void const* wanted = nullptr;  ///< the key to compare with
    bool* arrived = nullptr;
    std::size_t done = 0;

    void send(key_in_flight key, void* row) const {
        if (done == pass->chain->size()) return pass->arrive(*this, key, row);
        table_flow next = *this;
        ++next.done;
        (*pass->chain)[done]->run(key, row, next);
    }
};

void table_pass::copy(std::uint32_t shard, std::uint32_t slot, purpose why, bool* arrived) const {
    from->copy(source->shards[shard].row(slot, from->shape), {this, shard, slot, why, nullptr, arrived});
}
void table_pass::consume(std::uint32_t shard, std::uint32_t slot) const {
    from->consume(source->shards[shard].row(slot, from->shape), {this, shard, slot, purpose::arrive});
}
void table_pass::arrive(table_flow const& at, key_in_flight key, void* row) const {
    if (aligned) {
        arrive_in_slot(at, key, row);
    } else if (at.why == purpose::forget) {
        to->forget(*target, key.key);
    } else if (at.why == purpose::compare) {
        *at.arrived = *at.arrived || to->same_key(key.key, at.wanted);
    } else if (!to->add(*target, key, row)) {
        throw key_collision(name_collision(at, key.key));
    }
}

// The slot stores the hash of the code that added the row; a hash of the same name in this module may differ.
void table_pass::arrive_in_slot(table_flow const& at, key_in_flight key, void* row) const {
    std::uint32_t const hash = source->shards[at.shard].head(at.slot, from->shape).hash;
    auto const done = to->place(*target, {at.shard, at.slot, hash}, key, row);
    if (done.is == placement::outcome::hashed_otherwise)
        throw hash_changed(
            "the key " + name(at.shard, at.slot) +
            " has another hash than when its row was added; the hash of a key is always the same");
    if (done.is == placement::outcome::key_is_there)
        throw key_collision(name_collision(at, name(at.shard, done.other), key.key));
    if (at.arrived != nullptr) *at.arrived = true;
}

std::string table_pass::name(std::uint32_t shard, std::uint32_t slot) const {
    std::string words;
    from->describe_key(source->shards[shard].row(slot, from->shape), words);
    return words;
}

// The target does not know the source of its rows, so the other row is searched for among all rows. Each
// searched shard is locked while the current row's shard is held; only one thread ever searches, so threads
// cannot deadlock.
std::string table_pass::name_collision(table_flow const& at, void const* key) const {
    std::string other = "another one";
    bool found = searched != nullptr && searched->exchange(true);
    for (std::uint32_t shard = 0; shard != table_core::shard_count && !found; ++shard) {
        std::optional<table_guard> lock;
        if (searched != nullptr && shard != at.shard) lock.emplace(source->shards[shard]);
        for (std::uint32_t slot = 0; slot != source->shards[shard].high_water && !found; ++slot) {
            if ((shard == at.shard && slot == at.slot) || !is_taken(shard, slot)) continue;
            from->copy(source->shards[shard].row(slot, from->shape),
                       {this, shard, slot, purpose::compare, key, &found});
            if (found) other = name(shard, slot);
        }
    }
    return name_collision(at, other, key);
}

std::string table_pass::name_collision(table_flow const& at, std::string const& other,
                                       void const* key) const {
    std::string now;
    to->describe_key(key, now);
    return "the keys " + name(at.shard, at.slot) + " and " + other + " both become " + now +
           "; make the new keys differ, or drop one of the rows";
}

}  // namespace hotswap::detail
