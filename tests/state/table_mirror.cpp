// A copy of a table from its begin to its end: owners, watchers, and the copy's own figures.
#include "state/allocations.hpp"
#include "state/table_copies.hpp"
#include "state/table_program.hpp"

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

using hotswap::detail::table_access;
using hotswap::detail::table_core;
using hotswap_test::contents;
using hotswap_test::table_copy;
using hotswap_test::watched_shards;

namespace {

using numbers = hotswap::table<std::uint32_t, std::uint64_t>;

numbers filled(std::uint32_t count) {
    numbers made;
    for (std::uint32_t i = 0; i != count; ++i) made.try_emplace(i, i);
    return made;
}

std::string as_text(std::uint64_t&& number) { return std::to_string(number); }
constexpr auto to_texts = [](numbers&& t) { return std::move(t).transform(as_text); };
constexpr auto unchanged = [](numbers&& t) { return std::move(t); };

struct heavy {
    static inline int alive = 0;
    std::uint64_t value = 0;
    heavy() { ++alive; }
    heavy(std::uint64_t v) : value(v) { ++alive; }
    heavy(heavy const& other) : value(other.value) { ++alive; }
    heavy& operator=(heavy const&) = default;
    ~heavy() { --alive; }

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& value;
    }
};

}  // namespace

TEST_CASE("table: a copy of an empty table is an empty table") {
    numbers source;
    table_copy copy(source, to_texts);
    while (copy->advance()) continue;
    CHECK(copy->complete());
    auto made = copy.take();
    CHECK(made.empty());
    CHECK(made.try_emplace(1, "x"));
    CHECK(source.empty());
    CHECK(source.try_emplace(1, 1u));
}

TEST_CASE("table: a copy takes few rows at a time, and tells how many it has") {
    auto source = filled(5000);
    table_copy copy(source, to_texts);
    std::uint64_t before = 0;
    std::uint64_t largest = 0;
    while (copy->advance()) {
        largest = std::max(largest, copy->rows_copied() - before);
        before = copy->rows_copied();
        CHECK(copy->complete() == (before == 5000));
    }
    CHECK(largest == hotswap::detail::table_mirror::rows_in_a_bite);
    CHECK(copy->rows_copied() == 5000);
    CHECK(copy->expected_bytes() > 5000 * sizeof(std::string));
    CHECK(!copy->advance());
    CHECK(!copy->failed());
}

TEST_CASE("table: a copy watches the shards that it has reached, until it is detached") {
    auto source = filled(5000);
    {
        table_copy copy(source, unchanged);
        CHECK(watched_shards(source) == 0);
        CHECK(copy->advance());
        CHECK(watched_shards(source) == 1);
        while (copy->advance()) continue;
        CHECK(watched_shards(source) == table_core::shard_count);
        copy->detach();
        CHECK(watched_shards(source) == 0);
        copy->detach();
    }
    {
        table_copy copy(source, unchanged);
        for (int i = 0; i != 100; ++i) copy->advance();
        CHECK(watched_shards(source) > 1);
    }
    CHECK(watched_shards(source) == 0);
}

TEST_CASE("table: a copy that is given up leaves its source as it was, and another one succeeds") {
    auto source = filled(3000);
    auto const before = contents(source);
    for (int bites = 0; bites < 700; bites += 50) {
        table_copy copy(source, to_texts);
        for (int i = 0; i != bites; ++i) copy->advance();
        for (std::uint32_t i = 0; i != 100; ++i) source.insert_or_assign(i, std::uint64_t{i});
    }
    CHECK(contents(source) == before);
    table_copy copy(source, to_texts);
    while (copy->advance()) continue;
    CHECK(copy.take().size() == 3000);
}

TEST_CASE("table: a copy outlives its source, and its source's owner outlives the copy") {
    auto source = std::make_unique<numbers>(filled(1000));
    table_copy copy(*source, to_texts);
    for (int i = 0; i != 50; ++i) copy->advance();
    source.reset();
    while (copy->advance()) continue;
    auto const made = copy.take();
    CHECK(made.size() == 1000);
    CHECK(made.cvisit(7u, [](auto& row) { CHECK(row.second == "7"); }) == 1);
}

TEST_CASE("table: every row of source and copy is destroyed once") {
    heavy::alive = 0;
    using heavies = hotswap::table<std::uint32_t, heavy>;
    for (bool const finished : {false, true}) {
        CAPTURE(finished);
        {
            heavies source;
            for (std::uint32_t i = 0; i != 1000; ++i) source.try_emplace(i, i);
            heavies made;
            {
                table_copy copy(source, [](heavies&& t) {
                    return std::move(t).transform([](heavy&& old) -> std::optional<heavy> {
                        if (old.value % 3 == 0) return std::nullopt;
                        return old;
                    });
                });
                for (std::uint32_t i = 0; copy->advance(); ++i) {
                    source.erase(i % 1000);
                    source.try_emplace(i % 700, i);
                }
                if (finished) made = copy.take();
            }
            CHECK(heavy::alive == static_cast<int>(source.size() + made.size()));
        }
        CHECK(heavy::alive == 0);
    }
}

TEST_CASE("table: two copies of one table at a time are refused, and the first goes on") {
    auto source = filled(1000);
    table_copy first(source, to_texts);
    CHECK(first->advance());
    table_copy second(source, unchanged);
    while (second->advance()) continue;
    CHECK(second->failed());
    CHECK(!second->complete());
    CHECK(second->why().find("another copy of the same table") != std::string::npos);
    second->detach();
    CHECK(watched_shards(source) == 1);

    while (first->advance()) {
    }
    source.insert_or_assign(7u, 70u);
    CHECK(!first->failed());
    auto const made = first.take();
    CHECK(made.cvisit(7u, [](auto& row) { CHECK(row.second == "70"); }) == 1);
}

TEST_CASE("table: rows that can only be moved are copied by the archive") {
    struct owner {
        std::unique_ptr<std::string> name;
        std::map<int, std::unique_ptr<int>> numbers;
    };
    using owners = hotswap::table<std::string, owner>;
    owners source;
    for (int i = 0; i != 500; ++i) {
        source.try_emplace(std::to_string(i), owner{std::make_unique<std::string>(std::to_string(i)), {}});
        source.visit(std::to_string(i), [i](auto& row) { row.second.numbers[i] = std::make_unique<int>(i); });
    }
    table_copy copy(source, [](owners&& t) { return std::move(t); });
    for (int i = 0; copy->advance(); ++i)
        source.visit(std::to_string(i % 500), [](auto& row) { *row.second.name += "!"; });
    auto const made = copy.take();
    std::size_t wrong = 0;
    source.cvisit_all([&](auto& row) {
        wrong += made.cvisit(row.first, [&](auto& copied) {
            wrong += *copied.second.name != *row.second.name || copied.second.name == row.second.name ||
                     *copied.second.numbers.begin()->second != std::stoi(row.first);
        }) != 1;
    });
    CHECK(wrong == 0);
    CHECK(made.size() == 500);
    CHECK(source.size() == 500);
}

TEST_CASE("table: a copied table takes new rows into the gaps of dropped ones") {
    hotswap::table<std::uint32_t, std::uint64_t, hotswap_test::equal_hash> source;
    using crowd = decltype(source);
    for (std::uint32_t i = 0; i != 1000; ++i) source.try_emplace(i, i);
    table_copy copy(source, [](crowd&& t) {
        return std::move(t).transform([](std::uint64_t&& old) -> std::optional<std::uint64_t> {
            if (old % 4 != 0) return std::nullopt;
            return old;
        });
    });
    while (copy->advance()) continue;
    auto made = copy.take();
    auto const& shard = table_access::core(made)->shard_of(hotswap::detail::spread(42));
    CHECK(made.size() == 250);
    auto const used = shard.high_water;
    for (std::uint32_t i = 0; i != 1000; ++i)
        if (i % 4 != 0 && i < 900) CHECK(made.try_emplace(i, i));
    CHECK(shard.high_water == used);
    CHECK(made.size() == 925);
    for (std::uint32_t i = 0; i != 1000; ++i) CHECK(made.count(i) == (i % 4 == 0 || i < 900));
    made.clear();
    for (std::uint32_t i = 0; i != 900; ++i) CHECK(made.try_emplace(i, i));
    CHECK(shard.high_water == used);
}

TEST_CASE("table: memory for a shard's rows is got before it is locked, so that a bite asks for none") {
    // Rows of numbers: this test measures only the table's own memory.
    hotswap::table<std::uint32_t, std::uint64_t, hotswap_test::equal_hash> source;
    for (std::uint32_t i = 0; i != 1000; ++i) source.try_emplace(i, i);
    table_copy copy(source, [](decltype(source)&& t) { return std::move(t); });
    while (copy->rows_copied() == 0) copy->advance();
    hotswap_test::allocation_meter const meter;
    while (copy->rows_copied() != 1000) copy->advance();
    for (std::uint32_t i = 0; i != 1000; ++i) source.insert_or_assign(i, std::uint64_t{i} + 1);
    CHECK(meter.largest() == 0);
}
