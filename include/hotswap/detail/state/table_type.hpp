// The functions on a table's rows for code that does not know their types.
#pragma once

#include <hotswap/detail/state/copying.hpp>
#include <hotswap/detail/state/heap_bytes.hpp>
#include <hotswap/detail/state/layout.hpp>
#include <hotswap/detail/state/table_pass.hpp>

#include <new>
#include <string>
#include <string_view>
#include <utility>

namespace hotswap::detail {

/// A key in words: printable, in quotes if it is a text, and cut if it is long.
template <class Key>
void describe_key(Key const& key, std::string& out) {
    auto const put = [&out](std::string_view text) { out += text; };
    if constexpr (std::is_convertible_v<Key const&, std::string_view>) {
        constexpr std::size_t longest = 48;
        std::string_view const text(key);
        put("\"");
        for (char const c : text.substr(0, longest)) {
            bool const plain = c >= ' ' && c <= '~' && c != '"' && c != '\\';
            constexpr char digits[] = "0123456789abcdef";
            auto const byte = static_cast<unsigned char>(c);
            char const escaped[] = {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
            put(plain ? std::string_view(&c, 1) : std::string_view(escaped, 4));
        }
        put(text.size() > longest ? "…\"" : "\"");
    } else if constexpr (std::is_enum_v<Key>) {
        put(std::to_string(static_cast<std::underlying_type_t<Key>>(key)));
    } else if constexpr (std::is_arithmetic_v<Key>) {
        put(std::to_string(key));
    } else {
        put("a key of another kind than text or number");
    }
}

template <class Table>
constexpr std::uint64_t fingerprint_of() {
    layout l;
    describe<Table, ancestry<>>(l);
    if (l.boost != 0) mix(l, std::uint64_t{l.boost});
    return l.fingerprint;
}

struct table_access {
    template <class Table>
    static table_core* core(Table const& of) noexcept {
        return of.core_.load(std::memory_order_acquire);
    }
    template <class Table>
    static table_core* make_core(Table& of) {
        return of.make_core();
    }
    template <class Table>
    static table_trace*& trace(Table& of) noexcept {
        return of.trace_;
    }

    /// Whether lookup by its key finds the row in a taken slot.
    /// Threads:  [any] that holds the shard.
    template <class Table>
    static bool is_found(table_core& core, std::uint32_t shard, std::uint32_t slot) {
        table_shard& mine = core.shards[shard];
        auto const& key = Table::value(mine, slot).first;
        std::uint64_t const hash = Table::hash_of(core, key);
        return &core.shard_of(hash) == &mine && Table::search(mine, hash, key) == slot;
    }

    /// A module's own code for the rows of `Table`.
    template <class Table>
    struct rows {
        using key = typename Table::key_type;
        using row = typename Table::mapped_type;
        using value = typename Table::value_type;
        static constexpr slot_shape shape = Table::shape;

        static void copy(void const* from, table_flow const& next) {
            auto const& original = *static_cast<value const*>(from);
            row own = copy_of(original.second);
            next.send({&original.first, true}, &own);
        }
        static void consume(void* from, table_flow const& next) {
            auto& original = *static_cast<value*>(from);
            next.send({&original.first, true}, &original.second);
        }
        static key take(key_in_flight from) {
            if (from.lent) return copy_of(*static_cast<key const*>(from.key));
            return std::move(*static_cast<key*>(const_cast<void*>(from.key)));
        }
        static placement place(table_core& core, table_place where, key_in_flight from, void* content) {
            table_shard& shard = core.shards[where.shard];
            auto& given = *static_cast<row*>(content);
            std::uint32_t const slot = where.slot;
            if (shard.is_taken(slot, shape)) {
                Table::value(shard, slot).second = std::move(given);
                return {};
            }
            auto const& wanted = *static_cast<key const*>(from.key);
            std::uint64_t const hash = Table::hash_of(core, wanted);
            if (hash >> 32 != where.hash || &core.shard_of(hash) != &shard)
                return {placement::outcome::hashed_otherwise};
            if (std::uint32_t const other = Table::search(shard, hash, wanted); other != slot_head::none)
                return {placement::outcome::key_is_there, other};
            shard.reserve_index(std::uint64_t{shard.rows()} + 1);
            shard.reserve_slot(slot, shape);
            new (shard.row(slot, shape)) value(take(from), std::move(given));
            shard.enter(slot, where.hash, shape);
            return {};
        }
        static void remove(table_shard& shard, std::uint32_t slot) {
            if (!shard.is_taken(slot, shape)) return;
            shard.leave(slot, shape, false);
            Table::value(shard, slot).~value();
        }
        static bool add(table_core& core, key_in_flight from, void* content) {
            key own = take(from);
            std::uint64_t const hash = Table::hash_of(core, own);
            table_guard const shard(core.shard_of(hash));
            if (Table::search(*shard, hash, own) != slot_head::none) {
                // The caller's message names the key: give it back so that it can be read.
                if (!from.lent) *static_cast<key*>(const_cast<void*>(from.key)) = std::move(own);
                return false;
            }
            Table::add(*shard, hash, std::move(own), std::move(*static_cast<row*>(content)));
            return true;
        }
        static void forget(table_core& core, void const* which) {
            auto const& wanted = *static_cast<key const*>(which);
            std::uint64_t const hash = Table::hash_of(core, wanted);
            table_guard const shard(core.shard_of(hash));
            std::uint32_t const slot = Table::search(*shard, hash, wanted);
            if (slot == slot_head::none) return;
            shard->leave(slot, shape, true);
            Table::value(*shard, slot).~value();
        }
        static bool same(void const* a, void const* b) {
            return typename Table::key_equal{}(*static_cast<key const*>(a), *static_cast<key const*>(b));
        }
        static std::size_t heap_of(void const* from) noexcept {
            auto const& at = *static_cast<value const*>(from);
            return heap_bytes(at.first) + heap_bytes(at.second);
        }
        static bool free_shard(table_core& core, std::uint32_t shard) noexcept {
            if (core.owners.load(std::memory_order_acquire) != 1 || core.shards[shard].chunk_count == 0)
                return false;
            free_rows<value>(core.shards[shard]);
            return true;
        }
        static lent_table lend(void* object) {
            auto& lent = *static_cast<Table*>(object);
            if (table_trace* const trace = lent.trace_) return {nullptr, trace};
            return {lent.make_core(), nullptr};
        }
        static void fill(void* object, table_core* core, traced_table* trace) {
            auto& filled = *static_cast<Table*>(object);
            filled.drop();
            filled.core_.store(core, std::memory_order_release);
            if (trace != nullptr) filled.trace_ = new table_trace{trace};
        }
        static void describe(void const* which, std::string& out) {
            detail::describe_key(*static_cast<key const*>(which), out);
        }
    };

    template <class Table>
    static constexpr table_type type_of{Table::shape,
                                        fingerprint_of<Table>(),
                                        &rows<Table>::copy,
                                        &rows<Table>::consume,
                                        &rows<Table>::place,
                                        &rows<Table>::remove,
                                        &rows<Table>::add,
                                        &rows<Table>::forget,
                                        &rows<Table>::same,
                                        &rows<Table>::describe,
                                        &rows<Table>::heap_of,
                                        &Table::release,
                                        &rows<Table>::free_shard,
                                        &rows<Table>::lend,
                                        &rows<Table>::fill};
};

}  // namespace hotswap::detail
