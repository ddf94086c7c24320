// The rows of a table, in an order that can be compared.
#pragma once

#include <hotswap/table.hpp>

#include <cstdint>
#include <map>

namespace hotswap_test {

template <class Table>
auto contents(Table const& table) {
    std::map<typename Table::key_type, typename Table::mapped_type> rows;
    table.cvisit_all([&rows](auto const& row) { rows.emplace(row.first, row.second); });
    return rows;
}

/// Hashes to five values: so the rows are in five shards, and every search in one of them meets all of its
/// rows.
struct crowding_hash {
    std::size_t operator()(std::uint32_t key) const noexcept { return key % 5; }
};

/// Hashes to one value: all rows are in one shard.
struct equal_hash {
    template <class Key>
    std::size_t operator()(Key const&) const noexcept {
        return 42;
    }
};

}  // namespace hotswap_test
