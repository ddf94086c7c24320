// `transform` and `transform_entries` on a table with rows, and on a tracing table.
#include "state/table_contents.hpp"

#include <hotswap/table.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

using hotswap::detail::table_access;
using hotswap::detail::table_trace;
using hotswap::detail::traced_table;
using hotswap_test::contents;

namespace {

struct price {
    std::uint64_t cents = 0;
    auto operator<=>(price const&) const = default;
};
struct text_row {
    std::string text;
    auto operator<=>(text_row const&) const = default;
};
struct rate {
    std::uint64_t factor = 1;
    std::string prefix;
};

using prices = hotswap::table<std::uint32_t, price>;
using texts = hotswap::table<std::uint32_t, text_row>;

prices priced(std::uint32_t count) {
    prices made;
    made.reserve(count);
    for (std::uint32_t i = 0; i != count; ++i) made.try_emplace(i, price{i * 3u});
    return made;
}

text_row written(price&& old) { return {std::to_string(old.cents)}; }
text_row written_with(price&& old, rate const& by) {
    return {by.prefix + std::to_string(old.cents * by.factor)};
}

std::map<std::uint32_t, text_row> expected(std::uint32_t count) {
    std::map<std::uint32_t, text_row> rows;
    for (std::uint32_t i = 0; i != count; ++i) rows.emplace(i, text_row{std::to_string(i * 3u)});
    return rows;
}

template <class F>
std::string what_of(F f) {
    try {
        f();
    } catch (std::exception const& e) {
        return e.what();
    }
    return "";
}

bool has(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("table: transform makes a table of what a function makes of each row") {
    auto made = priced(100).transform([](price&& old) { return text_row{std::to_string(old.cents)}; });
    static_assert(std::is_same_v<decltype(made), texts>);
    CHECK(contents(made) == expected(100));
    CHECK(contents(priced(100).transform(written)) == expected(100));
    CHECK(contents(priced(100).transform(&written)) == expected(100));
    CHECK(made.count(7) == 1);
    CHECK(!made.try_emplace(7, "x"));
    CHECK(made.try_emplace(100, "x"));
}

TEST_CASE("table: transform drops a row for an empty optional") {
    auto made = priced(1000).transform([](price&& old) -> std::optional<text_row> {
        if (old.cents % 2 != 0) return std::nullopt;
        return text_row{std::to_string(old.cents)};
    });
    static_assert(std::is_same_v<decltype(made), texts>);
    auto rows = expected(1000);
    std::erase_if(rows, [](auto& row) { return row.first % 2 != 0; });
    CHECK(contents(made) == rows);
    CHECK(made.size() == 500);
    for (std::uint32_t i = 1; i < 1000; i += 2) CHECK(made.try_emplace(i, text_row{"new"}));
    CHECK(made.size() == 1000);
    CHECK(priced(100).transform([](price&&) -> std::optional<text_row> { return std::nullopt; }).empty());
}

TEST_CASE("table: transform hands its data to every call") {
    rate const by{10, "= "};
    auto const lambda = [](price&& old, rate const& r) { return written_with(std::move(old), r); };
    for (auto const &made :
         {contents(priced(100).transform(lambda, by)), contents(priced(100).transform(&written_with, by)),
          contents(priced(100).transform(
              [](price&&old, rate const&r) -> std::optional<text_row> {
                  return written_with(std::move(old), r);
              },
              by))}) {
        CHECK(made.size() == 100);
        CHECK(made.at(7) == text_row{"= 210"});
    }
}

TEST_CASE("table: transform_entries changes keys too") {
    auto made = priced(100).transform_entries([](std::uint32_t&& key, price&& old) {
        return std::pair{"no. " + std::to_string(key), text_row{std::to_string(old.cents)}};
    });
    static_assert(std::is_same_v<decltype(made), hotswap::table<std::string, text_row>>);
    CHECK(made.size() == 100);
    CHECK(made.cvisit("no. 7", [](auto& row) { CHECK(row.second.text == "21"); }) == 1);

    rate const by{10, "row "};
    auto const half = priced(100).transform_entries(
        [](std::uint32_t&& key, price&& old, rate const& r) -> std::optional<std::pair<std::string, price>> {
            if (key % 2 != 0) return std::nullopt;
            return std::pair{r.prefix + std::to_string(key), price{old.cents * r.factor}};
        },
        by);
    CHECK(half.size() == 50);
    CHECK(half.cvisit("row 8", [](auto& row) { CHECK(row.second.cents == 240); }) == 1);
}

TEST_CASE("table: a key of the same type keeps its hash and its equality") {
    using crowded = hotswap::table<std::uint32_t, price, hotswap_test::crowding_hash>;
    auto const swapped = [](std::uint32_t&& key, price&& old) { return std::pair{key ^ 1, old}; };
    static_assert(std::is_same_v<decltype(crowded().transform_entries(swapped)), crowded>);
    static_assert(
        std::is_same_v<decltype(crowded().transform(written))::hasher, hotswap_test::crowding_hash>);
    crowded table;
    for (std::uint32_t i = 0; i != 500; ++i) table.try_emplace(i, price{i});
    auto const made = std::move(table).transform_entries(swapped);
    CHECK(made.size() == 500);
    CHECK(made.cvisit(6u, [](auto& row) { CHECK(row.second.cents == 7); }) == 1);
}

TEST_CASE("table: transforms can follow one another, and empty tables have no rows to transform") {
    auto const made =
        priced(100).transform(written).transform([](text_row&& row) { return text_row{row.text + "!"}; });
    CHECK(made.cvisit(7u, [](auto& row) { CHECK(row.second.text == "21!"); }) == 1);
    CHECK(prices().transform(written).empty());
    auto emptied = priced(10);
    emptied.clear();
    CHECK(std::move(emptied).transform(written).empty());
}

TEST_CASE("table: transform of so many rows that several threads work loses none of them") {
    constexpr std::uint32_t count = 100'000;
    auto const rows = expected(count);
    CHECK(contents(priced(count).transform(written)) == rows);
    auto const renamed = priced(count).transform_entries([](std::uint32_t&& key, price&& old) {
        return std::pair{count - 1 - key, written(std::move(old))};
    });
    CHECK(renamed.size() == count);
    std::size_t wrong = 0;
    renamed.cvisit_all(
        [&](auto& row) { wrong += row.second.text != std::to_string((count - 1 - row.first) * 3u); });
    CHECK(wrong == 0);
}

TEST_CASE("table: rows that can only be moved are moved, and copied by the archive where keys change") {
    struct owner {
        std::unique_ptr<std::string> name;
    };
    auto const filled = [] {
        hotswap::table<std::uint32_t, owner> made;
        for (std::uint32_t i = 0; i != 1000; ++i)
            made.try_emplace(i, owner{std::make_unique<std::string>(std::to_string(i))});
        return made;
    };
    auto const kept = filled().transform([](owner&& old) { return std::pair{1, std::move(old.name)}; });
    CHECK(kept.cvisit(7u, [](auto& row) { CHECK(*row.second.second == "7"); }) == 1);
    auto const renamed = filled().transform_entries([](std::uint32_t&& key, owner&& old) {
        return std::pair{*old.name + "/" + std::to_string(key), std::move(old)};
    });
    CHECK(renamed.size() == 1000);
    CHECK(renamed.cvisit("7/7", [](auto& row) { CHECK(*row.second.name == "7"); }) == 1);
}

TEST_CASE("table: what a row function throws ends the transform, on however many threads it runs") {
    for (std::uint32_t const count : {10u, 100'000u}) {
        CAPTURE(count);
        CHECK(what_of([count] {
                  priced(count).transform([](price&& old) {
                      if (old.cents == 21) throw std::out_of_range("seven");
                      return old;
                  });
              }) == "seven");
        CHECK_THROWS_AS(priced(count).transform([](price&&) -> price { throw 7; }), int);
        CHECK_THROWS_AS(
            priced(count).transform_entries([](std::uint32_t&&, price&&) -> std::pair<int, int> { throw 7; }),
            int);
    }
}

TEST_CASE("table: two keys that become one are refused, and both are named") {
    hotswap::table<std::string, price> table{{"Ann", {1}}, {"bob", {2}}, {"ANN", {3}}, {"carl", {4}}};
    auto const lower = [](std::string&& key, price&& old) {
        for (char& c : key) c = static_cast<char>(c | 0x20);
        return std::pair{key, old};
    };
    CHECK_THROWS_AS(std::move(table).transform_entries(lower), std::invalid_argument);

    hotswap::table<std::string, price> again{{"Ann", {1}}, {"bob", {2}}, {"ANN", {3}}, {"carl", {4}}};
    auto const words = what_of([&] { std::move(again).transform_entries(lower); });
    CAPTURE(words);
    CHECK(has(words, "\"Ann\""));
    CHECK(has(words, "\"ANN\""));
    CHECK(has(words, "become \"ann\""));
    CHECK(!has(words, "bob"));
}

TEST_CASE("table: two keys among many that become one are named, on however many threads they are found") {
    for (std::uint32_t const count : {500u, 60'000u}) {
        CAPTURE(count);
        auto const words = what_of([count] {
            priced(count).transform_entries([](std::uint32_t&& key, price&& old) {
                return std::pair{std::uint64_t{key == 17 ? 400 : key}, old};
            });
        });
        CAPTURE(words);
        CHECK(has(words, "17"));
        CHECK(has(words, "and"));
        CHECK(has(words, "both become 400"));
    }
}

// ------------------------------------------------------------------------ a table that stands for another

TEST_CASE("table: on one that stands for another transforms are recorded and nothing runs") {
    static std::atomic<int> calls = 0;
    traced_table source;
    prices stand_in;
    table_access::trace(stand_in) = new table_trace{&source};
    auto moved = std::move(stand_in);
    auto made = std::move(moved)
                    .transform([](price&& old) { return ++calls, written(std::move(old)); })
                    .transform_entries([](std::uint32_t&& key, text_row&& row) {
                        return std::pair{std::to_string(key), row};
                    })
                    .transform([](text_row&& row, rate const&) { return row; }, rate{2, "x"});
    CHECK(calls == 0);
    CHECK(source.touched == nullptr);
    REQUIRE(table_access::trace(made) != nullptr);
    auto const& chain = table_access::trace(made)->chain;
    REQUIRE(chain.size() == 3);
    CHECK(!chain[0]->changes_keys());
    CHECK(chain[1]->changes_keys());
    CHECK(!chain[2]->changes_keys());
    CHECK(table_access::trace(moved) == nullptr);
}

TEST_CASE("table: on one that stands for another everything but moving and transforming is noted") {
    auto const note = [](auto use) -> std::string {
        traced_table source;
        prices stand_in;
        table_access::trace(stand_in) = new table_trace{&source};
        use(stand_in);
        return source.touched == nullptr ? "" : source.touched;
    };
    CHECK(note([](prices& t) { static_cast<void>(t.size()); }) == "counts its rows");
    CHECK(note([](prices& t) { static_cast<void>(t.empty()); }) == "counts its rows");
    CHECK(note([](prices& t) { static_cast<void>(t.contains(1)); }) == "looks for a row");
    CHECK(note([](prices& t) { t.visit(1, [](auto&) {}); }) == "looks for a row");
    CHECK(note([](prices& t) { t.erase(1); }) == "looks for a row");
    CHECK(note([](prices& t) { t.visit_all([](auto&) {}); }) == "goes through its rows");
    CHECK(note([](prices& t) { t.erase_if([](auto&) { return true; }); }) == "goes through its rows");
    CHECK(note([](prices& t) { t.clear(); }) == "goes through its rows");
    CHECK(note([](prices& t) { t.try_emplace(1); }) == "adds rows to it");
    CHECK(note([](prices& t) { t.insert_or_assign(1, price{}); }) == "adds rows to it");
    CHECK(note([](prices& t) { t.reserve(10); }) == "adds rows to it");
    CHECK(note([](prices& t) { static_cast<void>(t.size()), t.clear(); }) == "counts its rows");
    CHECK(note([](prices& t) { prices const other(std::move(t)); }) == "");
    CHECK(note([](prices& t) { t = prices(); }) == "");
}

TEST_CASE("table: recorded functions are told apart by function and by the value of their data") {
    auto const description = [](auto transform) {
        traced_table source;
        prices stand_in;
        table_access::trace(stand_in) = new table_trace{&source};
        auto const made = transform(std::move(stand_in));
        std::vector<unsigned char> bytes;
        for (auto const& link :
             table_access::trace(const_cast<std::remove_const_t<decltype(made)>&>(made))->chain)
            link->describe(bytes);
        return bytes;
    };
    auto const with = [](rate by) {
        return [by](prices&& t) { return std::move(t).transform(written_with, by); };
    };
    auto const by_pointer = [](text_row (*f)(price &&)) {
        return [f](prices&& t) { return std::move(t).transform(f); };
    };
    text_row (*const other)(price &&) = [](price&&) { return text_row{}; };
    CHECK(description(with({1, "a"})) == description(with({1, "a"})));
    CHECK(description(with({1, "a"})) != description(with({2, "a"})));
    CHECK(description(with({1, "a"})) != description(with({1, "b"})));
    CHECK(description(by_pointer(written)) == description(by_pointer(written)));
    CHECK(description(by_pointer(written)) != description(by_pointer(other)));
    CHECK(description(by_pointer(written)) != description(with({1, "a"})));
}
