// Sweeps: the rows of a table visited a few at a time, from a cursor on.
#include "state/table_copies.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using hotswap::table_cursor;
using hotswap_test::contents;

namespace {

using numbers = hotswap::table<std::uint32_t, std::uint64_t>;

numbers filled(std::uint32_t count) {
    numbers made;
    for (std::uint32_t i = 0; i != count; ++i) made.try_emplace(i, i);
    return made;
}

constexpr auto keep = [](auto&) { return false; };

}  // namespace

TEST_CASE("table: sweeps of a few rows meet each row once a round, in the order of a walk over all") {
    auto const table = [] { return filled(5000); };
    auto rows = table();
    std::vector<std::uint32_t> walked;
    rows.cvisit_all([&](auto& row) { walked.push_back(row.first); });
    for (std::size_t const most : {1u, 7u, 100u, 5000u, 100'000u}) {
        CAPTURE(most);
        std::vector<std::uint32_t> swept;
        table_cursor cursor;
        while (cursor.rounds == 0) {
            auto const before = swept.size();
            auto const met = rows.csweep(cursor, most, [&](auto& row) {
                swept.push_back(row.first);
                return false;
            });
            REQUIRE(met == swept.size() - before);
            REQUIRE(met <= most);
        }
        CHECK(swept == walked);
        CHECK(cursor == table_cursor{.rounds = 1});
    }
}

TEST_CASE("table: a sweep erases what its visitor names, and may change what stays") {
    auto rows = filled(1000);
    table_cursor cursor;
    while (cursor.rounds == 0) rows.sweep(cursor, 10, [](auto& row) { return ++row.second % 2 == 0; });
    CHECK(rows.size() == 500);
    rows.cvisit_all([](auto& row) { CHECK(row.second == row.first + 1); });
    while (cursor.rounds == 1) rows.csweep(cursor, 10, [](auto& row) { return row.second != 1; });
    CHECK(contents(rows) == std::map<std::uint32_t, std::uint64_t>{{0, 1}});
}

TEST_CASE("table: a sweep of an empty table ends at once and counts a round") {
    numbers rows;
    table_cursor cursor;
    CHECK(rows.sweep(cursor, 10, keep) == 0);
    rows.try_emplace(1, 1);
    rows.erase(1);
    CHECK(rows.sweep(cursor, 10, keep) == 0);
    CHECK(cursor.rounds == 1);
    CHECK(rows.sweep(cursor, 0, keep) == 0);
}

TEST_CASE("table: a sweep over vacant slots ends after eight of them for each row") {
    auto rows = filled(100'000);
    rows.erase_if([](auto& row) { return row.first % 1000 != 0; });
    REQUIRE(rows.size() == 100);
    table_cursor cursor;
    std::size_t sweeps = 0;
    std::size_t met = 0;
    for (; cursor.rounds == 0; ++sweeps) met += rows.csweep(cursor, 10, keep);
    CHECK(met == 100);
    CHECK(sweeps > 400);  // 80 slots at a time; the shards without a row, two thirds, are passed over
}

TEST_CASE("table: a visitor that throws ends its sweep, and the next one begins behind the row") {
    auto rows = filled(100);
    std::multiset<std::uint32_t> met;
    table_cursor cursor;
    while (cursor.rounds == 0) {
        try {
            rows.sweep(cursor, 100, [&](auto& row) -> bool {
                met.insert(row.first);
                if (row.first % 3 == 0) throw std::runtime_error("a third");
                return false;
            });
        } catch (std::runtime_error const&) {
            continue;
        }
    }
    CHECK(met.size() == 100);
    CHECK(std::set<std::uint32_t>(met.begin(), met.end()).size() == 100);
}

TEST_CASE("table: a cursor from a larger table is one of a smaller table too") {
    auto rows = filled(3);
    table_cursor cursor{.shard = 4'000'000'000, .slot = 17};
    CHECK(rows.sweep(cursor, 10, keep) == 0);
    CHECK(rows.sweep(cursor, 10, keep) == 3);
    cursor = {.slot = 4'000'000'000};
    while (cursor.rounds == 0) rows.sweep(cursor, 10, keep);
}

TEST_CASE("table: a sweep in the midst of a copy erases and changes in the copy too") {
    for (bool const keys_change : {false, true}) {
        CAPTURE(keys_change);
        auto rows = filled(2000);
        auto const aligned = [](numbers&& t) {
            return std::move(t).transform([](std::uint64_t&& n) { return n; });
        };
        auto const by_key = [](numbers&& t) {
            return std::move(t).transform_entries([](std::uint32_t&& k, std::uint64_t&& n) {
                return std::pair{k, n};
            });
        };
        auto const check = [&](auto walk) {
            hotswap_test::table_copy copy(rows, walk);
            table_cursor cursor;
            for (int i = 0; copy->advance(); ++i)
                if (i % 2 == 0)
                    rows.sweep(cursor, 3, [](auto& row) { return ++row.second % 7 == 0; });
                else
                    rows.csweep(cursor, 3, [](auto& row) { return row.second % 11 == 0; });
            CHECK(contents(copy.take()) == contents(rows));
            CHECK(rows.size() < 2000);
        };
        keys_change ? check(by_key) : check(aligned);
    }
}
