// The places of rows, the memory that a table allocates, and the table's state when there is none.
#include "state/allocations.hpp"
#include "state/table_contents.hpp"
#include "state/table_faults.hpp"

#include <hotswap/table.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <new>
#include <numeric>
#include <random>
#include <string>
#include <vector>

using hotswap::detail::table_access;
using hotswap::detail::table_shard;
using hotswap_test::allocation_meter;
using hotswap_test::contents;
using hotswap_test::equal_hash;
using hotswap_test::failing_allocation;

namespace {

template <std::size_t Align>
struct alignas(Align) aligned_row {
    unsigned char bytes[Align] = {1};
};

template <class Key, class Row>
void check_alignment() {
    hotswap::table<Key, Row> table;
    for (int i = 0; i != 3000; ++i) table.try_emplace(static_cast<Key>(i));
    std::size_t wrong = 0;
    table.visit_all([&wrong](auto& row) {
        wrong += reinterpret_cast<std::uintptr_t>(&row.second) % alignof(Row) != 0;
        row.second = Row();
    });
    CHECK(wrong == 0);
    CHECK(table.size() == (sizeof(Key) == 1 ? 256 : 3000));
}

/// Adds rows to `table` until it has all of `keys`, while the allocation after `spared` others fails; returns whether
/// that allocation happened.
template <class Table, class Key>
bool fill_with_fault(Table& table, std::vector<Key> const& keys, std::size_t spared) {
    auto model = contents(table);
    std::size_t added = 0;
    bool happened = false;
    {
        failing_allocation const fault(spared);
        try {
            for (; added != keys.size(); ++added) table.try_emplace(keys[added], keys[added]);
        } catch (std::bad_alloc const&) {
        }
        happened = fault.happened();
    }
    CHECK(happened == (added != keys.size()));
    for (std::size_t i = 0; i != added; ++i) model.try_emplace(keys[i], keys[i]);
    CHECK(contents(table) == model);
    CHECK(table.size() == model.size());
    for (; added != keys.size(); ++added) {
        CHECK(table.try_emplace(keys[added], keys[added]));
        model.try_emplace(keys[added], keys[added]);
    }
    CHECK(contents(table) == model);
    return happened;
}

}  // namespace

TEST_CASE("table: slots of all chunks lie behind one another and do not overlap") {
    std::uint32_t next = 0;
    for (std::uint32_t chunk = 0; chunk != table_shard::max_chunks; ++chunk) {
        CHECK(table_shard::first_slot_of(chunk) == next);
        CHECK(table_shard::chunk_of(next) == chunk);
        next += table_shard::slots_in(chunk);
        CHECK(table_shard::chunk_of(next - 1) == chunk);
    }
}

TEST_CASE("table: rows stay where they are while the table grows and others go") {
    hotswap::table<int, int, equal_hash> table;
    std::map<int, int const*> places;
    for (int i = 0; i != 1100; ++i) {
        table.emplace(i, i);
        table.cvisit(i, [&](auto& row) { places[i] = &row.second; });
    }
    for (int i = 0; i < 1100; i += 2) {
        table.erase(i);
        places.erase(i);
    }
    for (int i = 2000; i != 2600; ++i) table.emplace(i, i);
    std::size_t moved = 0;
    for (auto const& [key, place] : places)
        table.cvisit(key, [&](auto& row) { moved += &row.second != place || row.second != key; });
    CHECK(places.size() == 550);
    CHECK(moved == 0);
}

TEST_CASE("table: rows of every alignment lie as they must") {
    check_alignment<char, char>();
    check_alignment<std::uint16_t, long double>();
    check_alignment<int, aligned_row<16>>();
    check_alignment<int, aligned_row<32>>();
    check_alignment<int, aligned_row<64>>();
    check_alignment<int, aligned_row<256>>();
    check_alignment<std::uint64_t, aligned_row<4096>>();
}

TEST_CASE("table: a slot is used again, so that erasing and adding in turn asks for no memory") {
    hotswap::table<int, int, equal_hash> table;
    for (int i = 0; i != 100; ++i) table.emplace(i, i);
    allocation_meter const meter;
    for (int i = 100; i != 10'000; ++i) {
        table.erase(i - 100);
        table.emplace(i, i);
    }
    CHECK(meter.largest() == 0);
    CHECK(table.size() == 100);
    table.clear();
    for (int i = 0; i != 100; ++i) table.emplace(i, i);
    CHECK(meter.largest() == 0);
}

TEST_CASE("table: an empty one asks for no memory, and a reserved one for none until it is full") {
    allocation_meter const meter;
    hotswap::table<std::uint64_t, std::uint64_t> empty;
    auto moved = std::move(empty);
    static_cast<void>(moved.count(1));
    CHECK(meter.largest() == 0);

    for (std::size_t const rows : {1u, 10u, 1000u, 50'000u, 300'000u}) {
        CAPTURE(rows);
        std::mt19937_64 random(rows);
        hotswap::table<std::uint64_t, std::uint64_t> table;
        table.reserve(rows);
        allocation_meter const after;
        for (std::size_t i = 0; i != rows; ++i) table.try_emplace(random(), i);
        CHECK(after.largest() == 0);
        CHECK(table.size() == rows);
    }
}

TEST_CASE("table: reserve keeps the rows, and makes room again in one that has been cleared") {
    hotswap::table<int, int> table;
    for (int i = 0; i != 1000; ++i) table.emplace(i, i);
    table.reserve(0);
    table.reserve(10'000);
    CHECK(table.size() == 1000);
    std::size_t found = 0;
    for (int i = 0; i != 1000; ++i) found += table.count(i);
    CHECK(found == 1000);
    table.clear();
    table.reserve(10'000);
    allocation_meter const meter;
    for (int i = 0; i != 10'000; ++i) table.emplace(i, i);
    CHECK(meter.largest() == 0);
}

TEST_CASE("table: more rows than a table can hold are refused, and it is as it was") {
    for (std::size_t const rows :
         {~std::size_t{0}, std::size_t{1} << 63, (std::size_t{1} << 40) + 1, std::size_t{1} << 40}) {
        CAPTURE(rows);
        hotswap::table<int, int> table{{1, 1}};
        CHECK_THROWS_AS(table.reserve(rows), std::exception);
        CHECK(contents(table) == std::map<int, int>{{1, 1}});
        CHECK(table.emplace(2, 2));
    }
}

TEST_CASE("table: memory that runs out while rows are added leaves it as it was, wherever it runs out") {
    std::vector<std::string> keys;
    for (int i = 0; i != 40; ++i) keys.push_back("the key of a row, no. " + std::to_string(i));
    std::size_t spared = 0;
    for (bool happened = true; happened; ++spared) {
        CAPTURE(spared);
        hotswap::table<std::string, std::string> table;
        happened = fill_with_fault(table, keys, spared);
    }
    CHECK(spared > 81);  // at least the table itself, and for each row its two texts
}

TEST_CASE("table: memory that runs out while a shard grows leaves it as it was") {
    std::vector<int> keys(200);
    std::iota(keys.begin(), keys.end(), 100);
    std::size_t spared = 0;
    for (bool happened = true; happened; ++spared) {
        CAPTURE(spared);
        hotswap::table<int, int, equal_hash> table;
        for (int i = 0; i != 9; ++i) table.emplace(i, i);
        for (int i = 0; i != 4; ++i) table.erase(i);
        happened = fill_with_fault(table, keys, spared);
    }
    CHECK(spared > 8);
}

TEST_CASE("table: memory that runs out while room is made leaves it as it was") {
    for (std::size_t spared = 0;; ++spared) {
        CAPTURE(spared);
        hotswap::table<int, int> table;
        for (int i = 0; i != 500; ++i) table.emplace(i, i);
        auto const before = contents(table);
        bool happened = false;
        try {
            failing_allocation const fault(spared);
            table.reserve(20'000);
        } catch (std::bad_alloc const&) {
            happened = true;
        }
        CHECK(contents(table) == before);
        for (int i = 500; i != 700; ++i) CHECK(table.emplace(i, i));
        if (!happened) break;
    }
}
