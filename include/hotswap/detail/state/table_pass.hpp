// The way of a table's rows into another table, through a chain of functions.
//
// The code that drives it knows no types: what depends on them is in two `table_type`s.
#pragma once

#include <hotswap/detail/state/table_guard.hpp>
#include <hotswap/detail/state/table_trace.hpp>

#include <atomic>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

namespace hotswap::detail {

/// What came of a row that was to be placed in a slot.
struct placement {
    enum class outcome { placed, hashed_otherwise, key_is_there };
    outcome is = outcome::placed;
    std::uint32_t other = slot_head::none;  ///< the slot of the row that has the key
};

/// Where a row belongs while slots are kept: the number of the shard, and the hash that the slot remembers.
struct table_place {
    std::uint32_t shard;
    std::uint32_t slot;
    std::uint32_t hash;
};

/// What is done with the rows of a table where its type is known, for code that does not know it.
struct table_type {
    slot_shape shape;
    std::uint64_t fingerprint;

    /// Sends a copy of the row in `value`, or the row itself.
    void (*copy)(void const* value, table_flow const& next);
    void (*consume)(void* value, table_flow const& next);

    /// Constructs or replaces the row in a slot, if this module too looks for its key there; the slot's shard belongs
    /// to the caller.
    placement (*place)(table_core& core, table_place where, key_in_flight key, void* row);
    void (*remove)(table_shard& shard, std::uint32_t slot);
    /// Adds a row by its key, under the shard's lock; false if the key is there.
    bool (*add)(table_core& core, key_in_flight key, void* row);
    /// Removes the row of a key, under the shard's lock.
    void (*forget)(table_core& core, void const* key);
    bool (*same_key)(void const* a, void const* b);
    void (*describe_key)(void const* key, std::string& out);
    /// The memory that key and row of `value` own elsewhere, in bytes, as an estimate.
    std::size_t (*heap_bytes)(void const* value) noexcept;
    void (*release)(table_core* core) noexcept;
    /// Frees the rows of a shard of a table that has no other owner; false if there were none.
    bool (*free_shard)(table_core& core, std::uint32_t shard) noexcept;

    /// What a table object has, an empty one with memory of its own from then on.
    lent_table (*lend)(void* table);
    /// Makes a table object the owner of `core`, or an empty one that stands for `trace`.
    void (*fill)(void* table, table_core* core, traced_table* trace);
};

/// What is the same for every row that goes from one table to another.
struct table_pass {
    table_type const* from = nullptr;
    table_type const* to = nullptr;
    table_core* source = nullptr;
    table_core* target = nullptr;
    table_chain const* chain = nullptr;
    /// Whether rows keep their keys, and so their slots: then the source's lock guards the target's shard too.
    bool aligned = true;
    /// Set by the first that searches for the other of two rows; null where no other thread uses the source.
    std::atomic<bool>* searched = nullptr;

    /// What becomes of a row at the end of its chain.
    enum class purpose { arrive, forget, compare };

    bool is_taken(std::uint32_t shard, std::uint32_t slot) const noexcept {
        return source->shards[shard].is_taken(slot, from->shape);
    }
    /// Sends a copy of a row, or the row itself, which is what its functions leave of it then.
    inline void copy(std::uint32_t shard, std::uint32_t slot, purpose why = purpose::arrive,
                     bool* arrived = nullptr) const;
    inline void consume(std::uint32_t shard, std::uint32_t slot) const;
    inline void arrive(table_flow const& at, key_in_flight key, void* row) const;
    inline void arrive_in_slot(table_flow const& at, key_in_flight key, void* row) const;
    /// The key of a row, in words.
    inline std::string name(std::uint32_t shard, std::uint32_t slot) const;
    /// The words for two rows, one of them at `at`, that both get `key`.
    inline std::string name_collision(table_flow const& at, void const* key) const;
    inline std::string name_collision(table_flow const& at, std::string const& other, void const* key) const;
};

/// A row's key has another hash than the one that its slot remembers: slots cannot be kept.
class hash_changed : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

/// Two keys have become one.
class key_collision : public std::invalid_argument {
public:
    using std::invalid_argument::invalid_argument;
};

/// A row on its way: how far it has come, and where it is going.
struct table_flow {
    table_pass const* pass;
    std::uint32_t shard;
    std::uint32_t slot;
    table_pass::purpose why;
    void const* wanted = nullptr;  ///< what to compare the new key with
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

// The hash in the slot is that of the code which added the row; the same name does not make it this module's.
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

// The target does not know where its rows came from: the other one is looked for among all there are. Its shard is
// locked meanwhile, while that of the row at hand is held; only one thread ever searches, so no threads wait in a ring.
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
