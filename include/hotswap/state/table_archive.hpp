// Tables in an archive: all their rows, or, while a copy is made beside it, only which table stands there.
#pragma once

#include <hotswap/state/archive.hpp>
#include <hotswap/state/table_ledger.hpp>
#include <hotswap/state/table_transform.hpp>

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
            // Lending a table changes nothing that a program can see: an empty one gets its memory early.
            save_raw(out, ledger->lend(const_cast<table*>(&value), table_access::type_of<table>));
            return;
        }
        if (out.samples() != nullptr) return save_samples(out, value);
        std::uint64_t const count = value.size();
        std::uint64_t written = 0;
        save_raw(out, count);
        value.cvisit_all([&](auto const& row) {
            detail::save(out, row.first);
            detail::save(out, row.second);
            ++written;
        });
        if (written != count)
            refuse_archive("a table changed while it was written; write it while nobody uses it");
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
        // What a row takes in memory may be much more than its bytes here: as much is reserved as those could fill,
        // and nothing where the shards would round up to more.
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
