// A concurrent keyed container for the state of a component, whose rows can migrate while it is in use.
#pragma once

#include <hotswap/detail/state/pair_for.hpp>
#include <hotswap/detail/state/table_guard.hpp>
#include <hotswap/detail/state/table_hash.hpp>
#include <hotswap/detail/state/table_trace.hpp>
#include <hotswap/detail/state/table_walk.hpp>

#include <cstddef>
#include <initializer_list>
#include <tuple>
#include <type_traits>
#include <utility>

namespace hotswap {

/// Rows by key, for many threads at once, with the member names of `boost::concurrent_flat_map`. As a field
/// of a state struct it is copied and migrated row by row before a swap's pause, see `transform`.
///
/// A visitor runs under the lock of its row's shard: it may change the row, and must not call the same table
/// (in debug builds a call that would wait for itself aborts) nor keep a reference. Its exceptions reach the
/// caller. `Hash` and `Equal` are stateless; if both have a member type `is_transparent`, lookup accepts
/// other types, as the defaults do for string keys. Where strangers choose the keys, `Hash` is `seeded_hash`.
/// Threads:  [any] for every member without a label of its own; moving, assigning and destroying are for one
///           thread alone, as with any container.
/// Lifetime: a row stays at its address until it is erased; a reference is valid only within its visit.
template <class Key, class Row, class Hash = table_hash<Key>, class Equal = table_equal<Key>>
class table {
    static_assert(
        std::is_empty_v<Hash> && std::is_empty_v<Equal>,
        "hotswap: hash and equality of a table are stateless, because two modules must agree on them");

public:
    using key_type = Key;
    using mapped_type = Row;
    using value_type = std::pair<Key const, Row>;
    using init_type = std::pair<Key, Row>;
    using size_type = std::size_t;
    using hasher = Hash;
    using key_equal = Equal;

    /// Cost:     the first row allocates memory.
    table() noexcept = default;
    table(std::initializer_list<value_type> rows) { insert(rows); }
    table(table&& other) noexcept
        : core_(other.core_.exchange(nullptr)), trace_(std::exchange(other.trace_, nullptr)) {}
    table& operator=(table&& other) noexcept {
        if (this == &other) return *this;
        drop();
        core_.store(other.core_.exchange(nullptr));
        trace_ = std::exchange(other.trace_, nullptr);
        return *this;
    }
    ~table() { drop(); }

    /// Calls `f(value_type&)` on the row of `key`; returns the number of rows: 0 or 1.
    template <class K = Key, class F>
    size_type visit(K const& key, F&& f) {
        return find(key, [&](detail::table_core& core, detail::table_shard& shard, std::uint32_t slot) {
            detail::table_change const change(core, shard, slot);
            f(value(shard, slot));
        });
    }
    template <class K = Key, class F>
    size_type visit(K const& key, F&& f) const {
        return cvisit(key, f);
    }
    /// As `visit`, with `value_type const&`: reading a row costs nothing extra while a copy is made.
    template <class K = Key, class F>
    size_type cvisit(K const& key, F&& f) const {
        return find(key, [&](detail::table_core&, detail::table_shard& shard, std::uint32_t slot) {
            f(std::as_const(value(shard, slot)));
        });
    }
    template <class K = Key>
    size_type count(K const& key) const {
        return cvisit(key, [](value_type const&) {});
    }
    template <class K = Key>
    bool contains(K const& key) const {
        return count(key) != 0;
    }

    /// Calls `f(value_type&)` on every row, shard by shard; returns the number of rows visited.
    /// Effects:  a row that is added or removed meanwhile may or may not be visited.
    template <class F>
    size_type visit_all(F&& f) {
        return each([&](detail::table_core& core, detail::table_shard& shard, std::uint32_t slot) {
            detail::table_change const change(core, shard, slot);
            f(value(shard, slot));
        });
    }
    template <class F>
    size_type visit_all(F&& f) const {
        return cvisit_all(f);
    }
    template <class F>
    size_type cvisit_all(F&& f) const {
        return each([&](detail::table_core&, detail::table_shard& shard, std::uint32_t slot) {
            f(std::as_const(value(shard, slot)));
        });
    }

    /// Adds a row unless its key is there; returns whether it was added.
    /// Errors:   exceptions of a constructor of Key or Row, std::bad_alloc; the table is unchanged.
    bool insert(init_type&& row) { return try_emplace(std::move(row.first), std::move(row.second)); }
    template <detail::pair_for<Key, Row> Pair>
    bool insert(Pair&& row) {
        return try_emplace(std::forward<Pair>(row).first, std::forward<Pair>(row).second);
    }
    template <class Iterator>
    size_type insert(Iterator first, Iterator last) {
        size_type added = 0;
        for (; first != last; ++first) added += insert(*first) ? 1 : 0;
        return added;
    }
    size_type insert(std::initializer_list<value_type> rows) { return insert(rows.begin(), rows.end()); }
    template <class... Arguments>
    bool emplace(Arguments&&... arguments) {
        return insert(init_type(std::forward<Arguments>(arguments)...));
    }
    /// As `insert`; the row is constructed in place, and only if it is added.
    template <class K, class... Arguments>
    bool try_emplace(K&& key, Arguments&&... arguments) {
        return add_or(
            std::forward<K>(key), [](auto&&...) {}, std::forward<Arguments>(arguments)...);
    }
    /// As `try_emplace`; a row that is already there is visited with the last argument instead.
    template <class K, class... Arguments>
    bool try_emplace_or_visit(K&& key, Arguments&&... arguments) {
        auto all = std::forward_as_tuple(std::forward<Arguments>(arguments)...);
        return visit_last(
            all, [&](auto& f) { return visiting(f); }, std::forward<K>(key),
            std::make_index_sequence<sizeof...(Arguments) - 1>{});
    }
    template <class K, class... Arguments>
    bool try_emplace_or_cvisit(K&& key, Arguments&&... arguments) {
        auto all = std::forward_as_tuple(std::forward<Arguments>(arguments)...);
        return visit_last(
            all, [&](auto& f) { return reading(f); }, std::forward<K>(key),
            std::make_index_sequence<sizeof...(Arguments) - 1>{});
    }
    /// Adds a row, or visits the one that has its key; returns whether it was added.
    template <detail::pair_for<Key, Row> Pair, class F>
    bool insert_or_visit(Pair&& row, F&& f) {
        return add_or(std::forward<Pair>(row).first, visiting(f), std::forward<Pair>(row).second);
    }
    template <class F>
    bool insert_or_visit(init_type&& row, F&& f) {
        return add_or(std::move(row.first), visiting(f), std::move(row.second));
    }
    template <detail::pair_for<Key, Row> Pair, class F>
    bool insert_or_cvisit(Pair&& row, F&& f) {
        return add_or(std::forward<Pair>(row).first, reading(f), std::forward<Pair>(row).second);
    }
    template <class F>
    bool insert_or_cvisit(init_type&& row, F&& f) {
        return add_or(std::move(row.first), reading(f), std::move(row.second));
    }
    /// Adds a row or replaces it; returns whether it was added.
    template <class K, class R>
    bool insert_or_assign(K&& key, R&& row) {
        auto const assign = [&](detail::table_core& core, detail::table_shard& shard, std::uint32_t slot) {
            detail::table_change const change(core, shard, slot);
            value(shard, slot).second = std::forward<R>(row);
        };
        return add_or(std::forward<K>(key), assign, std::forward<R>(row));
    }

    /// Removes the row of `key`; returns the number of rows removed: 0 or 1.
    template <class K = Key>
    size_type erase(K const& key) {
        return erase_if(key, [](value_type const&) { return true; });
    }
    /// Removes the row of `key` if `f(value_type&)` returns true.
    template <class K, class F>
    size_type erase_if(K const& key, F&& f) {
        size_type erased = 0;
        find(key, [&](detail::table_core& core, detail::table_shard& shard, std::uint32_t slot) {
            erased = erase_slot_if(core, shard, slot, f);
        });
        return erased;
    }
    /// Removes every row for which `f(value_type&)` returns true; returns the number of rows removed.
    template <class F>
    size_type erase_if(F&& f) {
        size_type erased = 0;
        each([&](detail::table_core& core, detail::table_shard& shard, std::uint32_t slot) {
            erased += erase_slot_if(core, shard, slot, f);
        });
        return erased;
    }
    /// Visits up to `rows` rows from `cursor` on, in slot order and under one shard's lock at a time, and erases those
    /// for which `f(value_type&)` returns true; for what expires rows a few at a time. Returns the number visited.
    /// Effects:  ends early at the end of the table, where `cursor` returns to the begin and counts a round, and after
    ///           eight vacant slots for each row. If `f` throws, `cursor` is behind its row.
    /// Cost:     linear in `rows`, and a look at each empty shard (of 256).
    template <class F>
    size_type sweep(table_cursor& cursor, size_type rows, F&& f) {
        return sweep_slots(cursor, rows,
                           [&](auto& core, auto& shard, auto slot) { erase_slot_if(core, shard, slot, f); });
    }
    /// As `sweep`, with `value_type const&`: a row that stays costs nothing extra while a copy is made.
    template <class F>
    size_type csweep(table_cursor& cursor, size_type rows, F&& f) {
        auto const always = [](value_type const&) { return true; };
        return sweep_slots(cursor, rows, [&](auto& core, auto& shard, auto slot) {
            if (f(std::as_const(value(shard, slot)))) erase_slot_if(core, shard, slot, always);
        });
    }
    void clear() {
        erase_if([](value_type const&) { return true; });
    }

    /// The number of rows. Shards are counted one after the other: while other threads write, a row that is erased and
    /// one that is added meanwhile may both be counted, or neither.
    size_type size() const noexcept {
        detail::table_core const* const core = look("counts its rows");
        return core == nullptr ? 0 : static_cast<size_type>(core->rows());
    }
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }
    /// Makes room for `rows` in total: insertions up to that number do not allocate for the table itself.
    /// Errors:   std::length_error beyond 2³³ rows, std::bad_alloc.
    void reserve(size_type rows) {
        if (detail::table_core* const core = make_core()) detail::reserve_rows(*core, shape, rows);
    }

    hasher hash_function() const noexcept { return {}; }
    key_equal key_eq() const noexcept { return {}; }

    /// In a migration: a table of `f(Row&&)` for each row. `f` captures nothing, has no side effects, and may
    /// run on several threads at once: `Row2 f(Row&&)`, or `std::optional<Row2> f(Row&&)` to drop rows.
    /// Effects:  if the table is copied before a swap's pause, this call only records the function, which
    ///           then runs on the rows of the running component, partly in calls of its writers. If a
    ///           migration uses a table in any other way, the swap copies that table inside the pause.
    /// Errors:   an exception of `f` ends the migration.
    /// Threads:  [quiesced]
    template <class F>
    auto transform(F f) && {
        return detail::transform_table<detail::row_function<table, F>>(std::move(*this), detail::no_data{},
                                                                       f);
    }
    /// As above, with data for the function: `f(Row&&, Data const&)`. A copy of `data` is recorded; if a
    /// component changes that data before the pause, the swap starts over.
    template <class F, class Data>
    auto transform(F f, Data const& data) && {
        return detail::transform_table<detail::row_function<table, F, Data>>(std::move(*this), data, f);
    }
    /// As `transform`, for functions that change the key too: `std::pair<Key2, Row2> f(Key&&, Row&&)`, or an
    /// optional of that pair.
    /// Errors:   std::invalid_argument if two rows get the same key; the message names both.
    template <class F>
    auto transform_entries(F f) && {
        return detail::transform_table<detail::entry_function<table, F>>(std::move(*this), detail::no_data{},
                                                                         f);
    }
    template <class F, class Data>
    auto transform_entries(F f, Data const& data) && {
        return detail::transform_table<detail::entry_function<table, F, Data>>(std::move(*this), data, f);
    }

private:
    friend struct detail::table_access;

    static constexpr detail::slot_shape shape = detail::shape_of<value_type>;

    static value_type& value(detail::table_shard& shard, std::uint32_t slot) noexcept {
        return *static_cast<value_type*>(shard.row(slot, shape));
    }
    template <class K>
    static std::uint64_t hash_of(detail::table_core const& core, K const& key) {
        if constexpr (detail::seeded<Hash, K>)
            return Hash{}(key, core.seed);
        else
            return detail::spread(Hash{}(key));
    }
    template <class F>
    static auto visiting(F& f) {
        return [&f](detail::table_core& core, detail::table_shard& shard, std::uint32_t slot) {
            detail::table_change const change(core, shard, slot);
            f(value(shard, slot));
        };
    }
    template <class F>
    static auto reading(F& f) {
        return [&f](detail::table_core&, detail::table_shard& shard, std::uint32_t slot) {
            f(std::as_const(value(shard, slot)));
        };
    }

    // Null if the table has no rows, or stands in for a table elsewhere; the trace then records the request.
    detail::table_core* look(char const* what) const noexcept {
        detail::table_core* const core = core_.load(std::memory_order_acquire);
        if (core == nullptr && trace_ != nullptr) [[unlikely]]
            trace_->touch(what);
        return core;
    }
    detail::table_core* make_core() {
        detail::table_core* core = look("adds rows to it");
        if (core != nullptr) [[likely]]
            return core;
        if (trace_ != nullptr) return nullptr;
        auto* const made = new detail::table_core;
        if (core_.compare_exchange_strong(core, made)) return made;
        delete made;
        return core;
    }

    template <class K>
    static std::uint32_t search(detail::table_shard& shard, std::uint64_t hash, K const& key) {
        return shard.find<value_type, Equal>(hash, key);
    }

    template <class K, class Found>
    size_type find(K const& key, Found&& found) const {
        detail::table_core* const core = look("looks for a row");
        if (core == nullptr) return 0;
        std::uint64_t const hash = hash_of(*core, key);
        detail::table_guard const shard(core->shard_of(hash));
        std::uint32_t const slot = search(*shard, hash, key);
        if (slot == detail::slot_head::none) return 0;
        found(*core, *shard, slot);
        return 1;
    }
    template <class Found>
    size_type each(Found&& found) const {
        detail::table_core* const core = look("goes through its rows");
        if (core == nullptr) return 0;
        return detail::walk_rows(*core, shape, [&](auto& shard, auto slot) { found(*core, shard, slot); });
    }

    template <class Found>
    size_type sweep_slots(table_cursor& cursor, size_type rows, Found&& found) {
        detail::table_core* const core = look("sweeps its rows");
        if (core == nullptr) return 0;
        return detail::sweep_rows(*core, shape, cursor, rows,
                                  [&](auto& shard, auto slot) { found(*core, shard, slot); });
    }

    template <class K, class Found, class... Arguments>
    bool add_or(K&& key, Found&& found, Arguments&&... arguments) {
        detail::table_core* const core = make_core();
        if (core == nullptr) return false;
        std::uint64_t const hash = hash_of(*core, key);
        detail::table_guard const shard(core->shard_of(hash));
        if (std::uint32_t const slot = search(*shard, hash, key); slot != detail::slot_head::none) {
            found(*core, *shard, slot);
            return false;
        }
        std::uint32_t const slot =
            add(*shard, hash, std::forward<K>(key), std::forward<Arguments>(arguments)...);
        if (shard->watcher != nullptr) [[unlikely]]
            shard->watcher->changed(shard->watcher, core->number_of(*shard), slot);
        return true;
    }
    template <class K, class... Arguments>
    static std::uint32_t add(detail::table_shard& shard, std::uint64_t hash, K&& key,
                             Arguments&&... arguments) {
        shard.reserve_index(std::uint64_t{shard.rows()} + 1);
        std::uint32_t const slot = shard.find_vacant(shape);
        new (shard.row(slot, shape))
            value_type(std::piecewise_construct, std::forward_as_tuple(std::forward<K>(key)),
                       std::forward_as_tuple(std::forward<Arguments>(arguments)...));
        shard.enter(slot, static_cast<std::uint32_t>(hash >> 32), shape);
        return slot;
    }
    template <class All, class Wrap, class K, std::size_t... I>
    bool visit_last(All& all, Wrap wrap, K&& key, std::index_sequence<I...>) {
        auto& f = std::get<sizeof...(I)>(all);
        return add_or(std::forward<K>(key), wrap(f),
                      std::forward<std::tuple_element_t<I, All>>(std::get<I>(all))...);
    }

    template <class F>
    static size_type erase_slot_if(detail::table_core& core, detail::table_shard& shard, std::uint32_t slot,
                                   F& f) {
        if (!detail::table_change(core, shard, slot).unless_erased([&] { return f(value(shard, slot)); }))
            return 0;
        shard.leave(slot, shape, true);
        value(shard, slot).~value_type();
        return 1;
    }

    void drop() noexcept {
        delete std::exchange(trace_, nullptr);
        release(core_.exchange(nullptr));
    }
    static void release(detail::table_core* core) noexcept { detail::release_core<value_type>(core); }

    mutable std::atomic<detail::table_core*> core_{nullptr};
    detail::table_trace* trace_ = nullptr;
};

}  // namespace hotswap

#include <hotswap/detail/state/table_archive.hpp>

#include <hotswap/detail/sdk/copy_functions.hpp>
