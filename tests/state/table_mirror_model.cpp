// Copies of tables under random writes, compared with a sequential model, for every kind of migration of a
// row.
#include "state/table_copies.hpp"
#include "state/table_program.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>

using hotswap_test::change;
using hotswap_test::contents;
using hotswap_test::old_row;
using hotswap_test::table_copy;
using hotswap_test::table_program;
using hotswap_test::watched_shards;

namespace {

struct new_row {
    std::string text;
    std::uint64_t value = 0;

    new_row() = default;
    explicit new_row(std::uint64_t number) : new_row(old_row(number)) {}
    explicit new_row(old_row&& old) : text(std::move(old.note) + "."), value(old.value + 1) {}
    auto operator<=>(new_row const&) const = default;

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& text& value;
    }
};
void change(new_row& row, std::uint64_t number) {
    row.value += number;
    row.text.assign(number % 25, 'd');
}

struct renaming {
    std::string prefix;
    std::uint64_t dropped = 0;
};

template <class Key, class Row>
using entry = std::optional<std::pair<Key, Row>>;

std::string name_of(std::uint32_t key, old_row const& row) {
    return "key " + std::to_string(key) + "/" + std::to_string(row.value % 3);
}

template <class Hash>
using source_table = hotswap::table<std::uint32_t, old_row, Hash>;
using plain_hash = hotswap::table_hash<std::uint32_t>;

// Tables whose copy can be copied again: a row can be made from a number, and changed.
template <class Table>
void check_works_as_a_table(Table& table, std::uint64_t seed, std::uint32_t keys) {
    table_program<Table> program(table, seed, keys);
    program.run(300);
    CHECK(program.wrong == 0);
    CHECK(contents(table) == program.model);
    CHECK(table.size() == program.model.size());
    for (auto const& row : program.model) CHECK(table.count(row.first) == 1);
}

// The next swap: its source has the gaps that the first copy left.
template <class Table>
void check_can_be_copied_again(Table& table, std::uint64_t seed, std::uint32_t keys) {
    table_program<Table> program(table, seed, keys);
    table_copy copy(table, [](Table&& t) { return std::move(t); });
    while (copy->advance())
        if (program.model.size() % 2 == seed % 2) program.step();
    program.run(100);
    CHECK(program.wrong == 0);
    auto const next = copy.take();
    CHECK(contents(next) == program.model);
    CHECK(contents(table) == program.model);
}

/// A copy of a table during which a random program runs. `walk` is the migration, `expected` returns the
/// migrated row.
template <class Source, class Walk, class Expected>
void check_copy(std::uint64_t seed, Walk walk, Expected expected) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    std::uint32_t const keys = std::array{3u, 40u, 400u, 3000u}[random() % 4];
    std::uint32_t const haste = std::array{1u, 3u, 20u}[random() % 3];

    Source source;
    table_program<Source> program(source, seed, keys);
    program.run(random() % (keys + 1));
    table_copy copy(source, walk);
    do {
        program.run(random() % (haste + 1));
    } while (copy->advance());
    program.run(random() % 100);  // a complete copy is kept up to date

    CHECK(!copy->failed());
    CHECK(copy->complete());
    CHECK(program.wrong == 0);
    CHECK(contents(source) == program.model);

    using result = typename table_copy<Source, Walk>::result;
    result made = copy.take();
    std::map<typename result::key_type, typename result::mapped_type> model;
    for (auto const& [key, row] : program.model)
        if (auto entry = expected(key, row)) model.insert(std::move(*entry));
    CHECK(contents(made) == model);
    CHECK(made.size() == model.size());
    for (auto const& row : model) CHECK(made.count(row.first) == 1);

    copy->detach();
    CHECK(watched_shards(source) == 0);
    program.run(20);
    CHECK(contents(source) == program.model);
    CHECK(contents(made) == model);  // writers of the source no longer reach the copy

    check_works_as_a_table(made, seed + 1, keys);
    check_can_be_copied_again(made, seed + 2, keys);
    check_works_as_a_table(made, seed + 3, keys);
}

constexpr std::uint64_t seeds = 120;

// Rows in all shards, and crowded in five of them, whose slots a copy passes in many small parts.
template <class F>
void for_each_source(F f) {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        f(std::type_identity<source_table<plain_hash>>{}, seed);
        f(std::type_identity<source_table<hotswap_test::crowding_hash>>{}, seed);
    }
}

new_row renewed(old_row&& old) { return new_row(std::move(old)); }

}  // namespace

TEST_CASE("table: a copy of the rows as they are is what random writers have left") {
    for_each_source([]<class Source>(std::type_identity<Source>, std::uint64_t seed) {
        check_copy<Source>(
            seed, [](Source&& t) { return std::move(t); },
            [](std::uint32_t key, old_row row) {
                return entry<std::uint32_t, old_row>({key, row});
            });
    });
}

TEST_CASE("table: a copy by a row function is what random writers have left") {
    for_each_source([]<class Source>(std::type_identity<Source>, std::uint64_t seed) {
        check_copy<Source>(
            seed, [](Source&& t) { return std::move(t).transform(renewed); },
            [](std::uint32_t key, old_row row) {
                return entry<std::uint32_t, new_row>({key, renewed(std::move(row))});
            });
    });
}

TEST_CASE("table: a copy that drops rows by their values is what random writers have left") {
    for_each_source([]<class Source>(std::type_identity<Source>, std::uint64_t seed) {
        check_copy<Source>(
            seed,
            [](Source&& t) {
                return std::move(t).transform([](old_row&& old) -> std::optional<new_row> {
                    if (old.value % 2 == 0) return std::nullopt;
                    return renewed(std::move(old));
                });
            },
            [](std::uint32_t key, old_row row) -> entry<std::uint32_t, new_row> {
                if (row.value % 2 == 0) return std::nullopt;
                return std::pair{key, renewed(std::move(row))};
            });
    });
}

TEST_CASE("table: a copy by three functions in one pass is what random writers have left") {
    for_each_source([]<class Source>(std::type_identity<Source>, std::uint64_t seed) {
        check_copy<Source>(
            seed,
            [](Source&& t) {
                return std::move(t)
                    .transform([](old_row&& old) -> std::optional<std::uint64_t> {
                        if (old.value % 3 == 0) return std::nullopt;
                        return old.value;
                    })
                    .transform(
                        [](std::uint64_t&& value, renaming const& by) -> std::optional<std::string> {
                            if (value % 4 == by.dropped) return std::nullopt;
                            return by.prefix + std::to_string(value);
                        },
                        renaming{"= ", 2})
                    .transform([](std::string&& text) { return renewed(old_row(text.size())); });
            },
            [](std::uint32_t key, old_row row) -> entry<std::uint32_t, new_row> {
                if (row.value % 3 == 0 || row.value % 4 == 2) return std::nullopt;
                return std::pair{key, renewed(old_row(2 + std::to_string(row.value).size()))};
            });
    });
}

TEST_CASE("table: a copy with keys of another type is what random writers have left") {
    for_each_source([]<class Source>(std::type_identity<Source>, std::uint64_t seed) {
        check_copy<Source>(
            seed,
            [](Source&& t) {
                return std::move(t).transform_entries([](std::uint32_t&& key, old_row&& old) {
                    return std::pair{"key " + std::to_string(key), renewed(std::move(old))};
                });
            },
            [](std::uint32_t key, old_row row) {
                return entry<std::string, new_row>({"key " + std::to_string(key), renewed(std::move(row))});
            });
    });
}

TEST_CASE("table: a copy whose keys depend on the rows is what random writers have left") {
    for_each_source([]<class Source>(std::type_identity<Source>, std::uint64_t seed) {
        check_copy<Source>(
            seed,
            [](Source&& t) {
                return std::move(t).transform_entries(
                    [](std::uint32_t&& key, old_row&& old) -> entry<std::string, new_row> {
                        if (old.value % 5 == 0) return std::nullopt;
                        auto name = name_of(key, old);
                        return std::pair{std::move(name), renewed(std::move(old))};
                    });
            },
            [](std::uint32_t key, old_row row) -> entry<std::string, new_row> {
                if (row.value % 5 == 0) return std::nullopt;
                auto name = name_of(key, row);
                return std::pair{std::move(name), renewed(std::move(row))};
            });
    });
}

TEST_CASE("table: a copy whose keys change places is what random writers have left") {
    for_each_source([]<class Source>(std::type_identity<Source>, std::uint64_t seed) {
        check_copy<Source>(
            seed,
            [](Source&& t) {
                return std::move(t).transform_entries([](std::uint32_t&& key, old_row&& old) {
                    return std::pair{key ^ 1, std::move(old)};
                });
            },
            [](std::uint32_t key, old_row row) {
                return entry<std::uint32_t, old_row>({key ^ 1, row});
            });
    });
}

TEST_CASE("table: a copy that changes rows, then keys twice, then rows, is what random writers have left") {
    for_each_source([]<class Source>(std::type_identity<Source>, std::uint64_t seed) {
        check_copy<Source>(
            seed,
            [](Source&& t) {
                return std::move(t)
                    .transform(renewed)
                    .transform_entries([](std::uint32_t&& key, new_row&& row) {
                        return std::pair{std::string(key % 7, 'k') + "/" + std::to_string(key), row};
                    })
                    .transform_entries(
                        [](std::string&& key, new_row&& row,
                           renaming const& by) -> entry<std::string, new_row> {
                            if (row.value % 4 == by.dropped) return std::nullopt;
                            return std::pair{by.prefix + key.substr(key.find('/') + 1), std::move(row)};
                        },
                        renaming{"key ", 1})
                    .transform([](new_row&& row) { return std::move(row); });
            },
            [](std::uint32_t key, old_row row) -> entry<std::string, new_row> {
                if ((row.value + 1) % 4 == 1) return std::nullopt;
                return std::pair{"key " + std::to_string(key), renewed(std::move(row))};
            });
    });
}

TEST_CASE("table: a copy by keys that rows hand on to one another never sees two of them") {
    constexpr std::uint32_t count = 300;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        CAPTURE(seed);
        std::mt19937_64 random(seed);
        // Each person's row is a seat number, and no seat is taken twice at any moment.
        hotswap::table<std::uint32_t, std::uint32_t> source;
        std::map<std::uint32_t, std::uint32_t> person_of;
        std::vector<std::uint32_t> vacant{count, count + 1, count + 2};
        for (std::uint32_t i = 0; i != count; ++i) {
            source.try_emplace(i, i);
            person_of.emplace(i, i);
        }
        auto const move = [&] {
            auto& seat = vacant[random() % vacant.size()];
            auto const person = static_cast<std::uint32_t>(random() % count);
            source.visit(person, [&](auto& row) {
                person_of.erase(row.second);
                person_of.emplace(seat, person);
                std::swap(seat, row.second);
            });
        };
        table_copy copy(source, [](hotswap::table<std::uint32_t, std::uint32_t>&& t) {
            return std::move(t).transform_entries([](std::uint32_t&& person, std::uint32_t&& seat) {
                return std::pair{seat, person};
            });
        });
        do {
            for (auto moves = random() % 20; moves != 0; --moves) move();
        } while (copy->advance());
        for (int i = 0; i != 100; ++i) move();
        CHECK(!copy->failed());
        CHECK(contents(copy.take()) == person_of);
    }
}
