// Tables in an archive: all their rows, or, while a separate copy of the rows is made, only the table's
// number.
#pragma once

#include <hotswap/detail/state/archive.hpp>
#include <hotswap/detail/state/lookups.hpp>
#include <hotswap/detail/state/table_ledger.hpp>
#include <hotswap/detail/state/table_transform.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace hotswap::detail {

template <class Key, class Row, class Hash, class Equal>
struct table_archive<table<Key, Row, Hash, Equal>> {
    using table = hotswap::table<Key, Row, Hash, Equal>;

    static void save(output_archive& out, table const& value) {
        if (table_ledger* const ledger = out.ledger()) {
            // Lending a table changes nothing that a program can observe: an empty table gets its memory
            // early.
            save_raw(out, ledger->lend(const_cast<table*>(&value), table_access::type_of<table>));
            return;
        }
        if (out.samples() != nullptr) return save_samples(out, value);
        if constexpr (has_own_order<table>()) refuse_key_twice(value);
        std::uint64_t const count = value.size();
        std::uint64_t written = 0;
        save_raw(out, count);
        value.cvisit_all([&](auto const& row) {
            detail::save(out, row.first);
            detail::save(out, row.second);
            ++written;
        });
        if (written != count)
            refuse_archive("a table changed while it was written; write it while no thread uses it");
    }

    // Reading would refuse the table. If every row is found by its key, the keys are all different.
    static void refuse_key_twice(table const& value) {
        if (are_all_found(value)) return;
        table again;
        bool is_there_twice = false;
        value.cvisit_all([&](auto const& row) {
            is_there_twice = !again.try_emplace(copy_of(row.first), Row{}) || is_there_twice;
        });
        if (is_there_twice) refuse_archive(name_key_twice<table>());
    }
    static bool are_all_found(table const& value) {
        table_core* const core = table_access::core(value);
        if (core == nullptr) return true;
        for (std::uint32_t number = 0; number != table_core::shard_count; ++number) {
            table_guard const shard(core->shards[number]);
            for (std::uint32_t slot = 0; slot != shard->high_water; ++slot)
                if (shard->is_taken(slot, table_access::type_of<table>.shape) &&
                    !table_access::is_found<table>(*core, number, slot))
                    return false;
        }
        return true;
    }

    static void save_samples(output_archive& out, table const& value) {
        table_core* const core = table_access::core(value);
        if (core == nullptr) return;
        std::vector<std::pair<table_shard*, std::uint32_t>> some;
        for (table_shard& shard : core->shards)
            for (std::uint32_t slot = 0;
                 slot != shard.high_water && some.size() != sampling::elements_of_each; ++slot)
                if (shard.is_taken(slot, table_access::type_of<table>.shape)) some.emplace_back(&shard, slot);
        out.samples()->take(some, core->rows(), [&out](auto const& at) {
            auto const& row = *static_cast<typename table::value_type const*>(
                at.first->row(at.second, table_access::type_of<table>.shape));
            detail::save(out, row.first);
            detail::save(out, row.second);
        });
    }

    static void load(input_archive& in, table& value) {
        value = table();
        if (table_ledger* const ledger = in.ledger()) {
            ledger->fill(load_raw<std::uint64_t>(in), &value, table_access::type_of<table>);
            return;
        }
        constexpr std::size_t each = smallest<Key>() + smallest<Row>();
        std::size_t const count = in.take_count(each);
        // A row may take much more memory than bytes here: reserve only as many rows as fit into twice the
        // remaining bytes, and none if the shards would round the number up by much.
        std::size_t const credible = std::min(count, 2 * in.left() / sizeof(typename table::value_type));
        if (credible > 16 * table_core::shard_count) value.reserve(credible);
        for (std::size_t i = 0; i != count; ++i) {
            Key key{};
            Row row{};
            detail::load(in, key);
            detail::load(in, row);
            if (!value.try_emplace(std::move(key), std::move(row)))
                refuse_archive("the snapshot holds a table with a key twice");
        }
    }
};

template <class Table>
struct table_lookups {
    /// Looks up rows of every shard, and checks their contents.
    static void look(lookup_check& check, Table const& value) {
        constexpr std::size_t of_each = lookup_check::entries_of_each / table_core::shard_count;
        table_core* const core = table_access::core(value);
        if (core == nullptr) return;
        bool const is_small = core->rows() <= lookup_check::entries_of_each;
        for (std::uint32_t number = 0; number != table_core::shard_count; ++number) {
            table_guard const shard(core->shards[number]);
            std::size_t left = is_small ? shard->rows() : of_each;
            for (std::uint32_t slot = 0; slot != shard->high_water && left != 0; ++slot) {
                if (!shard->is_taken(slot, table_access::type_of<Table>.shape)) continue;
                if (!check.take()) return;
                --left;
                look_at_row(check, *core, number, slot);
            }
        }
    }
    static void look_at_row(lookup_check& check, table_core& core, std::uint32_t shard, std::uint32_t slot) {
        auto const& row = *static_cast<typename Table::value_type const*>(
            core.shards[shard].row(slot, table_access::type_of<Table>.shape));
        if (has_own_order<Table>() && !table_access::is_found<Table>(core, shard, slot) &&
            is_findable<Table>(row.first))
            lookup_check::refuse<Table>();
        check.look_at(row.first);
        check.look_at(row.second);
    }
};

}  // namespace hotswap::detail

namespace hotswap {

/// For Boost's own archives: the count, then key and row of each. States do not need it.
/// Threads:  [quiesced]
template <class Archive, class Key, class Row, class Hash, class Equal>
void serialize(Archive& archive, table<Key, Row, Hash, Equal>& rows, unsigned) {
    std::uint64_t count = rows.size();
    archive& count;
    if constexpr (Archive::is_saving::value) {
        rows.cvisit_all([&archive](auto const& row) { archive << row.first << row.second; });
    } else {
        rows = table<Key, Row, Hash, Equal>();
        for (std::uint64_t i = 0; i != count; ++i) {
            Key key{};
            Row row{};
            archive >> key >> row;
            rows.insert_or_assign(std::move(key), std::move(row));
        }
    }
}

}  // namespace hotswap
