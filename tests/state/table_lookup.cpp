// A table's lookup: by types other than the key's, and with any similarity of keys.
#include "state/allocations.hpp"
#include "state/table_contents.hpp"

#include <hotswap/table.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

using hotswap::detail::table_access;
using hotswap_test::allocation_meter;
using hotswap_test::contents;

namespace {

// Longer than the internal buffer of a std::string.
constexpr std::string_view long_key = "a key that is too long for a std::string without memory of its own";

struct name {
    std::string text;
    explicit name(std::string_view t) : text(t) {}
};

// Both use the text only, in any string type.
struct name_hash {
    using is_transparent = void;
    std::size_t operator()(name const& key) const { return (*this)(std::string_view(key.text)); }
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
struct name_equal {
    using is_transparent = void;
    bool operator()(name const& a, name const& b) const { return a.text == b.text; }
    bool operator()(name const& a, std::string_view b) const { return a.text == b; }
};

// Accepts keys only, and values that convert to a key.
struct celsius {
    int degrees;
    celsius(int d) : degrees(d) {}
};
struct celsius_hash {
    std::size_t operator()(celsius const& key) const { return static_cast<std::size_t>(key.degrees); }
};
struct celsius_equal {
    bool operator()(celsius const& a, celsius const& b) const { return a.degrees == b.degrees; }
};

struct identity {
    std::size_t operator()(std::uint64_t key) const noexcept { return key; }
};
struct counting_equal {
    static inline std::size_t calls = 0;
    bool operator()(std::uint64_t a, std::uint64_t b) const noexcept {
        ++calls;
        return a == b;
    }
};
using numbers = hotswap::table<std::uint64_t, std::uint64_t, identity, counting_equal>;

std::uint32_t largest_shard(numbers const& table) {
    std::uint32_t largest = 0;
    for (auto const& shard : table_access::core(table)->shards) largest = std::max(largest, shard.rows());
    return largest;
}

template <class Make>
void check_well_spread(Make make) {
    constexpr std::uint64_t count = 10'000;
    numbers table;
    for (std::uint64_t i = 0; i != count; ++i) CHECK(table.try_emplace(make(i), i));
    counting_equal::calls = 0;
    std::uint64_t wrong = 0;
    for (std::uint64_t i = 0; i != count; ++i)
        if (table.cvisit(make(i), [&](auto& row) { wrong += row.second != i; }) != 1) ++wrong;
    CHECK(wrong == 0);
    // One comparison finds a row, and almost none is made with other rows.
    CHECK(counting_equal::calls <= count + count / 100);
    CHECK(largest_shard(table) <= 3 * count / 256);
}

}  // namespace

TEST_CASE("table: a string key is found by a std::string_view or a text, without a std::string being made") {
    hotswap::table<std::string, int> table;
    table.emplace(std::string(long_key), 1);
    char const* const text = long_key.data();
    int sum = 0;
    std::size_t found = 0;
    std::size_t absent = 0;
    allocation_meter const meter;
    found += table.count(long_key) + table.count(text);
    found += table.visit(long_key, [&sum](auto& row) { sum += row.second; });
    found += table.cvisit(text, [&sum](auto& row) { sum += row.second; });
    found += table.contains(long_key);
    found += table.erase_if(long_key, [](auto&) { return false; });
    found += !table.try_emplace(long_key, 2);
    found += !table.insert_or_assign(long_key, 3);
    found += !table.try_emplace_or_visit(text, 4, [&sum](auto& row) { sum += row.second; });
    absent += table.count(long_key.substr(1)) + table.erase(long_key.substr(1)) + table.count("b");
    found += table.erase(text);
    CHECK(meter.largest() == 0);
    CHECK(found == 9);
    CHECK(absent == 0);
    CHECK(sum == 5);
    CHECK(table.empty());
}

TEST_CASE("table: a key is made of a std::string_view only for a row that is added") {
    hotswap::table<std::string, int> table;
    CHECK(table.try_emplace(long_key, 1));
    CHECK(table.insert_or_assign(long_key.substr(1), 2));
    CHECK(contents(table) ==
          std::map<std::string, int>{{std::string(long_key), 1}, {std::string(long_key.substr(1)), 2}});
}

TEST_CASE("table: keys with zero bytes, and the empty key, are keys like others") {
    hotswap::table<std::string, int> table;
    std::string const zero("a\0b", 3);
    CHECK(table.emplace("", 1));
    CHECK(table.emplace("a", 2));
    CHECK(table.emplace(zero, 3));
    CHECK(table.count(std::string_view(zero)) == 1);
    CHECK(table.count(std::string_view()) == 1);
    CHECK(table.erase(std::string_view("a")) == 1);
    CHECK(contents(table) == std::map<std::string, int>{{"", 1}, {zero, 3}});
}

TEST_CASE("table: wide strings are found by their views") {
    hotswap::table<std::u16string, int> table;
    CHECK(table.emplace(u"wide", 1));
    CHECK(table.count(std::u16string_view(u"wide")) == 1);
    CHECK(table.count(u"narrow") == 0);
}

TEST_CASE("table: a transparent hash of one's own finds keys by what they are made of") {
    hotswap::table<name, int, name_hash, name_equal> table;
    CHECK(table.try_emplace(name("a"), 1));
    CHECK(table.try_emplace(std::string_view("b"), 2));
    CHECK(!table.try_emplace(std::string_view("a"), 3));
    CHECK(table.count(std::string_view("a")) == 1);
    CHECK(table.count(name("b")) == 1);
    CHECK(table.erase(std::string_view("b")) == 1);
    CHECK(table.size() == 1);
}

TEST_CASE("table: a hash that is not transparent finds keys by what converts to one") {
    hotswap::table<celsius, int, celsius_hash, celsius_equal> table;
    CHECK(table.try_emplace(20, 1));
    CHECK(!table.insert_or_assign(celsius(20), 2));
    CHECK(table.count(20) == 1);
    CHECK(table.visit(20, [](auto& row) { CHECK(row.second == 2); }) == 1);
    CHECK(table.erase(20) == 1);

    hotswap::table<std::uint8_t, int> bytes;
    bytes.emplace(1, 1);
    CHECK(bytes.count(257) == 1);  // like std::unordered_map: the argument is converted
    CHECK(bytes.count(2) == 0);
}

TEST_CASE("table: enums, bools and numbers with a point are keys") {
    enum class color : unsigned char { red, green };
    hotswap::table<color, int> colors;
    CHECK(colors.emplace(color::red, 1));
    CHECK(colors.emplace(color::green, 2));
    CHECK(colors.count(color::green) == 1);
    hotswap::table<bool, int> both;
    CHECK(both.emplace(false, 1));
    CHECK(both.emplace(true, 2));
    CHECK(!both.emplace(true, 3));
    hotswap::table<double, int> reals;
    CHECK(reals.emplace(0.0, 1));
    CHECK(!reals.emplace(-0.0, 1));
}

TEST_CASE("table: keys that differ in few bits only are spread well, wherever those bits are") {
    for (unsigned shift = 0; shift <= 50; ++shift) {
        CAPTURE(shift);
        check_well_spread([shift](std::uint64_t i) { return i << shift; });
    }
}

TEST_CASE("table: keys at equal distances are spread well") {
    for (std::uint64_t const distance :
         {3u, 10u, 24u, 40u, 48u, 100u, 255u, 257u, 1000u, 4095u, 4097u, 65537u, 1'000'000u}) {
        CAPTURE(distance);
        check_well_spread([distance](std::uint64_t i) { return 0x5500'0000'0000 + i * distance; });
    }
}

TEST_CASE("table: keys of which all hashes are equal are found, added and erased") {
    hotswap::table<std::uint32_t, std::uint32_t, hotswap_test::equal_hash> table;
    std::map<std::uint32_t, std::uint32_t> model;
    for (std::uint32_t i = 0; i != 600; ++i) {
        CHECK(table.try_emplace(i, i));
        model.emplace(i, i);
    }
    for (std::uint32_t i = 0; i < 600; i += 3) {
        CHECK(table.erase(i) == 1);
        model.erase(i);
    }
    CHECK(contents(table) == model);
    for (std::uint32_t i = 0; i != 600; ++i) CHECK(table.count(i) == (i % 3 != 0));
    for (std::uint32_t i = 0; i < 600; i += 3) CHECK(table.try_emplace(i, i));
    CHECK(table.size() == 600);
    table.clear();
    CHECK(table.empty());
}

TEST_CASE("table: keys of which the hashes have five values are found and erased") {
    hotswap::table<std::uint32_t, std::uint32_t, hotswap_test::crowding_hash> table;
    for (std::uint32_t i = 0; i != 2000; ++i) CHECK(table.try_emplace(i, i));
    for (std::uint32_t i = 0; i < 2000; i += 2) CHECK(table.erase(i) == 1);
    std::size_t found = 0;
    for (std::uint32_t i = 0; i != 2000; ++i) found += table.count(i);
    CHECK(found == 1000);
    CHECK(table.size() == 1000);
}
