// The effect and the result of each member of a table.
#include "state/table_contents.hpp"

#include <hotswap/table.hpp>

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using hotswap_test::contents;

namespace {

using people = hotswap::table<std::string, int>;
using rows = std::map<std::string, int>;

// Counts the constructions from a number, and the living objects.
struct counted {
    static inline int made = 0;
    static inline int alive = 0;

    int value;
    explicit counted(int v) : value(v) { ++made, ++alive; }
    counted(counted&& other) noexcept : value(other.value) { ++alive; }
    counted& operator=(counted&&) = default;
    ~counted() { --alive; }
};

// The argument's type is not deduced from braces, so only an overload that names the row's type accepts them.
template <class Table>
concept takes_braces = requires(Table& table) {
    table.insert({"a", 1});
    table.insert_or_visit({"a", 1}, [](auto&) {});
    table.insert_or_cvisit({"a", 1}, [](auto&) {});
};
template <class Table>
concept takes_any_pair = requires(Table& table, std::pair<char const*, short> row) {
    table.insert(row);
    table.insert(std::move(row));
};

template <class T>
constexpr bool is_const = std::is_const_v<std::remove_reference_t<T>>;

}  // namespace

TEST_CASE("table: a new one is empty and answers every question") {
    people table;
    CHECK(table.empty());
    CHECK(table.size() == 0);
    CHECK(table.count("a") == 0);
    CHECK(!table.contains("a"));
    CHECK(table.visit("a", [](auto&) { FAIL("there is no row"); }) == 0);
    CHECK(table.cvisit("a", [](auto&) { FAIL("there is no row"); }) == 0);
    CHECK(table.visit_all([](auto&) { FAIL("there is no row"); }) == 0);
    CHECK(table.cvisit_all([](auto&) { FAIL("there is no row"); }) == 0);
    CHECK(table.erase("a") == 0);
    CHECK(table.erase_if("a", [](auto&) { return true; }) == 0);
    CHECK(table.erase_if([](auto&) { return true; }) == 0);
    table.clear();
    CHECK(table.empty());
}

TEST_CASE("table: insert adds a row, and leaves one that is there as it was") {
    people table;
    std::pair<std::string const, int> const row("a", 1);
    CHECK(table.insert(row));
    CHECK(!table.insert(std::pair<std::string const, int>("a", 2)));
    CHECK(table.insert(std::pair<std::string, int>("b", 3)));
    CHECK(!table.insert(std::pair<std::string, int>("b", 4)));
    CHECK(contents(table) == rows{{"a", 1}, {"b", 3}});
}

TEST_CASE("table: insert takes key and row of an init_type, unless the key is there") {
    hotswap::table<std::string, std::string> table;
    std::string const text(100, 'x');
    std::pair<std::string, std::string> row(text, text);
    CHECK(table.insert(std::move(row)));
    CHECK(row.first.empty());
    CHECK(row.second.empty());
    row = {text, text};
    CHECK(!table.insert(std::move(row)));
    CHECK(row.first == text);
    CHECK(row.second == text);
}

TEST_CASE("table: insert takes a range and a list, and counts what it added") {
    people table{{"a", 1}, {"b", 2}, {"a", 3}};
    CHECK(contents(table) == rows{{"a", 1}, {"b", 2}});
    CHECK(table.insert({{"b", 4}, {"c", 5}, {"d", 6}}) == 2);

    std::vector<std::pair<std::string, int>> const range{{"d", 7}, {"e", 8}};
    CHECK(table.insert(range.begin(), range.end()) == 1);
    rows const more{{"e", 9}, {"f", 10}};
    CHECK(table.insert(more.begin(), more.end()) == 1);
    std::vector<std::pair<std::string, int>> moved{{std::string(100, 'm'), 1}};
    CHECK(table.insert(std::make_move_iterator(moved.begin()), std::make_move_iterator(moved.end())) == 1);
    CHECK(moved[0].first.empty());
    CHECK(table.size() == 7);
    CHECK(table.insert(range.begin(), range.begin()) == 0);
}

TEST_CASE("table: insert takes a row in braces, and any pair that converts to one") {
    CHECK(takes_braces<people>);
    CHECK(takes_any_pair<people>);
}

TEST_CASE("table: emplace makes a row of any arguments of a pair") {
    people table;
    CHECK(table.emplace("a", 1));
    CHECK(!table.emplace("a", 2));
    CHECK(table.emplace(std::piecewise_construct, std::forward_as_tuple(3, 'b'), std::forward_as_tuple(4)));
    CHECK(contents(table) == rows{{"a", 1}, {"bbb", 4}});
}

TEST_CASE("table: try_emplace makes the row in its place, and only if it is added") {
    hotswap::table<std::string, counted> table;
    counted::made = 0;
    CHECK(table.try_emplace("a", 1));
    CHECK(counted::made == 1);
    CHECK(!table.try_emplace("a", 2));
    CHECK(counted::made == 1);
    CHECK(table.cvisit("a", [](auto const& row) { CHECK(row.second.value == 1); }) == 1);

    std::string key(100, 'k');
    CHECK(table.try_emplace(std::move(key), 3));
    CHECK(key.empty());
}

TEST_CASE("table: try_emplace_or_visit and try_emplace_or_cvisit visit a row that is there") {
    people table;
    CHECK(table.try_emplace_or_visit("a", 1, [](auto&) { FAIL("it was added"); }));
    CHECK(!table.try_emplace_or_visit("a", 9, [](auto& row) {
        static_assert(!is_const<decltype(row.second)>);
        row.second += 10;
    }));
    CHECK(table.try_emplace_or_cvisit("b", 2, [](auto&) { FAIL("it was added"); }));
    int seen = 0;
    CHECK(!table.try_emplace_or_cvisit("b", 9, [&seen](auto& row) {
        static_assert(is_const<decltype(row)>);
        seen = row.second;
    }));
    CHECK(seen == 2);
    CHECK(contents(table) == rows{{"a", 11}, {"b", 2}});

    hotswap::table<int, std::string> texts;
    CHECK(texts.try_emplace_or_visit(1, 3, 'x', [](auto&) { FAIL("it was added"); }));
    CHECK(texts.try_emplace_or_visit(2, [](auto&) { FAIL("it was added"); }));
    CHECK(contents(texts) == std::map<int, std::string>{{1, "xxx"}, {2, ""}});
}

TEST_CASE("table: insert_or_visit and insert_or_cvisit visit a row that is there") {
    people table;
    std::pair<std::string const, int> const row("a", 1);
    CHECK(table.insert_or_visit(row, [](auto&) { FAIL("it was added"); }));
    CHECK(!table.insert_or_visit(row, [](auto& old) { old.second += 10; }));
    CHECK(table.insert_or_visit(std::pair<std::string, int>("b", 2), [](auto&) { FAIL("it was added"); }));
    CHECK(!table.insert_or_visit(std::pair<std::string, int>("b", 2), [](auto& old) { old.second += 20; }));
    int seen = 0;
    auto const look = [&seen](auto& old) {
        static_assert(is_const<decltype(old)>);
        seen += old.second;
    };
    CHECK(!table.insert_or_cvisit(row, look));
    CHECK(!table.insert_or_cvisit(std::pair<std::string, int>("b", 2), look));
    CHECK(seen == 33);
    CHECK(table.insert_or_cvisit(std::pair<std::string const, int>("c", 3), look));
    CHECK(table.insert_or_cvisit(std::pair<std::string, int>("d", 4), look));
    CHECK(contents(table) == rows{{"a", 11}, {"b", 22}, {"c", 3}, {"d", 4}});
}

TEST_CASE("table: insert_or_assign adds or replaces, and takes an rvalue once") {
    hotswap::table<std::string, std::string> table;
    std::string const text(100, 'x');
    std::string row = text;
    CHECK(table.insert_or_assign("a", std::move(row)));
    CHECK(row.empty());
    row = text + "y";
    CHECK(!table.insert_or_assign("a", std::move(row)));
    CHECK(table.insert_or_assign(std::string("b"), "c"));
    CHECK(!table.insert_or_assign(std::string("b"), "d"));
    CHECK(contents(table) == std::map<std::string, std::string>{{"a", text + "y"}, {"b", "d"}});
}

TEST_CASE("table: visit may change a row, and on a const table it may not") {
    people table{{"a", 1}, {"b", 2}};
    CHECK(table.visit("a", [](auto& row) {
        static_assert(is_const<decltype(row.first)> && !is_const<decltype(row.second)>);
        row.second = 10;
    }) == 1);
    CHECK(table.visit("c", [](auto&) { FAIL("there is no such row"); }) == 0);
    CHECK(table.cvisit("a", [](auto& row) {
        static_assert(is_const<decltype(row)>);
        CHECK(row.second == 10);
    }) == 1);
    CHECK(std::as_const(table).visit("a", [](auto& row) { static_assert(is_const<decltype(row)>); }) == 1);
    CHECK(contents(table) == rows{{"a", 10}, {"b", 2}});
}

TEST_CASE("table: visit_all and cvisit_all meet every row once") {
    hotswap::table<int, int> table;
    for (int i = 0; i != 3000; ++i) table.emplace(i, 0);
    CHECK(table.visit_all([](auto& row) { ++row.second; }) == 3000);
    std::size_t once = 0;
    auto const look = [&once](auto& row) {
        static_assert(is_const<decltype(row)>);
        once += row.second == 1;
    };
    CHECK(table.cvisit_all(look) == 3000);
    CHECK(std::as_const(table).visit_all(look) == 3000);
    CHECK(once == 6000);
}

TEST_CASE("table: count and contains tell whether a row is there") {
    people const table{{"a", 1}};
    CHECK(table.count("a") == 1);
    CHECK(table.contains("a"));
    CHECK(table.count("b") == 0);
    CHECK(!table.contains("b"));
}

TEST_CASE("table: erase and erase_if remove rows and say how many") {
    people table{{"a", 1}, {"b", 2}, {"c", 3}, {"d", 4}, {"e", 5}};
    CHECK(table.erase("a") == 1);
    CHECK(table.erase("a") == 0);
    CHECK(table.erase_if("b", [](auto& row) { return row.second == 9; }) == 0);
    CHECK(table.erase_if("b", [](auto& row) {
        static_assert(!is_const<decltype(row.second)>);
        row.second = 20;
        return false;
    }) == 0);
    CHECK(table.erase_if("c", [](auto& row) { return row.second == 3; }) == 1);
    CHECK(table.erase_if("c", [](auto&) { return true; }) == 0);
    CHECK(contents(table) == rows{{"b", 20}, {"d", 4}, {"e", 5}});
    CHECK(table.erase_if([](auto& row) { return row.second < 10; }) == 2);
    CHECK(contents(table) == rows{{"b", 20}});
    CHECK(table.size() == 1);
}

TEST_CASE("table: clear removes all rows, and it can be filled again") {
    hotswap::table<int, int> table;
    for (int round = 0; round != 3; ++round) {
        for (int i = 0; i != 1000; ++i) CHECK(table.emplace(i, i));
        CHECK(table.size() == 1000);
        table.clear();
        CHECK(table.empty());
        CHECK(!table.contains(7));
    }
}

TEST_CASE("table: moving hands the rows over, and what was moved from can be used again") {
    people table{{"a", 1}};
    people other(std::move(table));
    CHECK(table.empty());
    CHECK(contents(other) == rows{{"a", 1}});
    CHECK(table.emplace("b", 2));

    table = std::move(other);
    CHECK(contents(table) == rows{{"a", 1}});
    CHECK(other.empty());
    CHECK(other.emplace("c", 3));

    std::swap(table, other);
    CHECK(contents(table) == rows{{"c", 3}});
    CHECK(contents(other) == rows{{"a", 1}});

    auto& same = table;
    table = std::move(same);
    CHECK(contents(table) == rows{{"c", 3}});
    table = people();
    CHECK(table.empty());
    static_assert(std::is_nothrow_move_constructible_v<people> && std::is_nothrow_move_assignable_v<people>);
    static_assert(!std::is_copy_constructible_v<people> && !std::is_copy_assignable_v<people>);
}

TEST_CASE("table: every row is destroyed once, whichever way it went") {
    counted::alive = 0;
    {
        hotswap::table<int, counted> table;
        for (int i = 0; i != 2000; ++i) table.try_emplace(i, i);
        CHECK(counted::alive == 2000);
        for (int i = 0; i != 500; ++i) table.erase(i);
        CHECK(counted::alive == 1500);
        for (int i = 500; i != 1000; ++i) table.insert_or_assign(i, counted(i));
        CHECK(counted::alive == 1500);
        table.erase_if([](auto& row) { return row.second.value < 1000; });
        CHECK(counted::alive == 1000);
        auto other = std::move(table);
        for (int i = 0; i != 10; ++i) table.try_emplace(i, i);
        CHECK(counted::alive == 1010);
        table = std::move(other);
        CHECK(counted::alive == 1000);
    }
    CHECK(counted::alive == 0);
}

TEST_CASE("table: keys and rows that can only be moved") {
    struct by_value {
        std::size_t operator()(std::unique_ptr<int> const& key) const { return static_cast<unsigned>(*key); }
        bool operator()(std::unique_ptr<int> const& a, std::unique_ptr<int> const& b) const {
            return *a == *b;
        }
    };
    hotswap::table<std::unique_ptr<int>, std::unique_ptr<int>, by_value, by_value> table;
    for (int i = 0; i != 100; ++i) CHECK(table.emplace(std::make_unique<int>(i), std::make_unique<int>(-i)));
    auto const seven = std::make_unique<int>(7);
    CHECK(!table.try_emplace(std::make_unique<int>(7), nullptr));
    CHECK(!table.insert_or_assign(std::make_unique<int>(7), std::make_unique<int>(8)));
    CHECK(table.visit(seven, [](auto& row) { CHECK(*row.second == 8); }) == 1);
    CHECK(table.erase(seven) == 1);
    CHECK(table.size() == 99);
}

TEST_CASE("table: hash_function and key_eq are those that it uses") {
    people const table;
    CHECK(table.hash_function()("a") == std::hash<std::string>{}("a"));
    CHECK(table.key_eq()("a", std::string("a")));
    static_assert(std::is_same_v<people::key_type, std::string> && std::is_same_v<people::mapped_type, int>);
    static_assert(std::is_same_v<people::value_type, std::pair<std::string const, int>>);
}
