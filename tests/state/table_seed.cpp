// The seeded hash: different in every table, the same after every copy of one.
#include "state/flood.hpp"
#include "state/table_copies.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using hotswap::detail::sip_hash;
using hotswap::detail::table_access;
using hotswap_test::contents;
using hotswap_test::crowding_of;
using hotswap_test::flood;
using hotswap_test::flood_size;
using hotswap_test::unlikely_crowd;

namespace {

using names = hotswap::table<std::string, int, hotswap::seeded_hash>;

names filled(int count) {
    names made;
    for (int i = 0; i != count; ++i) made.try_emplace("name " + std::to_string(i), i);
    return made;
}

std::vector<std::string> in_order(names const& rows) {
    std::vector<std::string> keys;
    rows.cvisit_all([&](auto& row) { keys.push_back(row.first); });
    return keys;
}

constexpr auto count_up = [](names&& t) { return std::move(t).transform([](int&& n) { return n + 1; }); };

}  // namespace

TEST_CASE("seeded hash: it is SipHash-1-3, by the values that Python computes") {
    CHECK(sip_hash({}, "a") == 0x407448d2b89b1813);
    CHECK(sip_hash({}, "abcdefgh") == 0x3f7b849c0b8e35ea);
    CHECK(sip_hash({}, "abcdefghijklmnopq") == 0x61c47e6da27eaccc);
}

TEST_CASE("seeded hash: every table has its own seed, so keys that crowd in one are spread in another") {
    auto const one = filled(1000);
    auto const other = filled(1000);
    CHECK(contents(one) == contents(other));
    CHECK(in_order(one) != in_order(other));
}

TEST_CASE("seeded hash: lookup takes any text, and finds what was added") {
    auto rows = filled(1000);
    for (int i = 0; i != 1000; ++i) REQUIRE(rows.contains("name " + std::to_string(i)));
    CHECK(rows.contains(std::string_view("name 7")));
    CHECK_FALSE(rows.contains("name 1000"));
    CHECK(rows.erase("name 7") == 1);
    CHECK_FALSE(rows.contains("name 7"));
}

TEST_CASE("seeded hash: a table keeps its seed through a move, a transformation and a copy row by row") {
    auto rows = filled(1000);
    auto const before = in_order(rows);
    names moved = std::move(rows);
    CHECK(in_order(moved) == before);

    hotswap_test::table_copy copy(moved, count_up);
    for (int i = 0; copy->advance(); ++i) moved.insert_or_assign("later " + std::to_string(i % 50), i);
    CHECK_FALSE(copy->failed());
    names copied = copy.take();
    CHECK(copied.size() == moved.size());
    moved.cvisit_all([&](auto& row) { CHECK(copied.contains(row.first)); });

    names const transformed = count_up(std::move(moved));
    CHECK(in_order(transformed) == in_order(copied));
    for (int i = 0; i != 1000; ++i) REQUIRE(transformed.contains("name " + std::to_string(i)));
}

TEST_CASE("seeded hash: rows whose keys change come into a table with a seed of its own") {
    auto rows = filled(100);
    hotswap_test::table_copy copy(rows, [](names&& t) {
        return std::move(t).transform_entries([](std::string&& k, int&& n) { return std::pair{k + "!", n}; });
    });
    while (copy->advance()) continue;
    names const made = copy.take();
    CHECK(made.size() == 100);
    CHECK(made.contains("name 3!"));
    CHECK(table_access::core(made)->seed.first != table_access::core(rows)->seed.first);
}

TEST_CASE("seeded hash: a flood that is chosen for one seed spreads in a table with another like any names") {
    hotswap::table_seed const known{1, 2};
    auto const names_for_known = flood(known);

    names hit;
    table_access::make_core(hit)->seed = known;
    for (auto const& name : names_for_known) hit.try_emplace(name, 1);
    CHECK(crowding_of(hit).fullest_shard == flood_size);
    CHECK(crowding_of(hit).longest_search == flood_size - 1);

    for (int i = 0; i != 20; ++i) {
        names flooded;
        for (auto const& name : names_for_known) flooded.try_emplace(name, 1);
        REQUIRE(flooded.size() == flood_size);
        auto const crowd = crowding_of(flooded);
        auto const usual = crowding_of(filled(flood_size));
        CHECK(crowd.fullest_shard < unlikely_crowd);
        CHECK(crowd.longest_search < unlikely_crowd);
        CHECK(usual.fullest_shard < unlikely_crowd);
        CHECK(usual.longest_search < unlikely_crowd);
    }
}
