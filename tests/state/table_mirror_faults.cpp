// A copy that fails, at every possible point: the table is unchanged, its writers see no error, and the next
// copy succeeds.
#include "state/table_copies.hpp"
#include "state/table_faults.hpp"

#include <doctest/doctest.h>

#include <map>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

using hotswap_test::contents;
using hotswap_test::failing_allocation;
using hotswap_test::fuse;
using hotswap_test::table_copy;
using hotswap_test::watched_shards;

namespace {

fuse row_function;

using source_table = hotswap::table<std::uint32_t, std::uint64_t, hotswap_test::crowding_hash>;

// Too long for the internal buffer of a std::string.
std::string text_of(std::uint64_t number) {
    return "the text of the row of number " + std::to_string(number);
}

constexpr auto changing_rows = [](source_table&& t) {
    return std::move(t).transform([](std::uint64_t&& old) {
        row_function.pass();
        return text_of(old);
    });
};
constexpr auto dropping_rows = [](source_table&& t) {
    return std::move(t).transform([](std::uint64_t&& old) -> std::optional<std::string> {
        row_function.pass();
        if (old % 3 == 0) return std::nullopt;
        return text_of(old);
    });
};
constexpr auto changing_keys = [](source_table&& t) {
    return std::move(t)
        .transform_entries([](std::uint32_t&& key, std::uint64_t&& old) {
            row_function.pass();
            return std::pair{text_of(key) + std::to_string(old % 2), old};
        })
        .transform([](std::uint64_t&& old) {
            row_function.pass();
            return text_of(old);
        });
};

source_table filled() {
    source_table made;
    made.reserve(200);
    for (std::uint32_t i = 0; i != 60; ++i) made.try_emplace(i, i * 7u);
    return made;
}

// Writes that allocate no memory themselves, to rows before and after the copy's position.
struct scripted_writer {
    source_table& table;
    std::map<std::uint32_t, std::uint64_t>& model;
    std::uint32_t step = 0;

    // Writes only to the table, so that the model's memory is not counted.
    void write_to_table() {
        std::uint32_t const key = step * 11 % 70;
        switch (step % 4) {
            case 0:
                table.visit(key, [](auto& row) { row.second += 100; });
                break;
            case 1:
                table.insert_or_assign(key, std::uint64_t{step});
                break;
            case 2:
                table.erase(key);
                break;
            default:
                table.erase_if(key, [](auto& row) { return ++row.second % 2 == 0; });
        }
    }
    void write_to_model() {
        std::uint32_t const key = step++ * 11 % 70;
        auto const row = model.find(key);
        if ((step - 1) % 4 == 1)
            model[key] = step - 1;
        else if (row == model.end())
            return;
        else if ((step - 1) % 4 == 0)
            row->second += 100;
        else if ((step - 1) % 4 == 2 || ++row->second % 2 == 0)
            model.erase(row);
    }
};

enum class where { scan, writers, anywhere };

/// Calls `f`; memory runs out after `spared` more allocations in `f`, and its allocations are counted.
/// Reports an exception of `f`, which may only be that memory ran out.
class memory_fault {
public:
    explicit memory_fault(std::size_t spared) : left_(spared) {}

    /// Whether `f` succeeded.
    template <class F>
    bool during(F f) {
        if (happened_) return f(), true;
        bool thrown = false;
        {
            failing_allocation const fault(left_);
            try {
                f();
            } catch (std::bad_alloc const&) {
                thrown = true;
            }
            happened_ = fault.happened();
            left_ = fault.left();
        }
        return !thrown;
    }
    bool happened() const noexcept { return happened_; }

private:
    std::size_t left_;
    bool happened_ = false;
};

template <class Walk, class Expected>
void check_second_copy(source_table& source, Walk walk, Expected expected) {
    table_copy copy(source, walk);
    while (copy->advance()) continue;
    REQUIRE(!copy->failed());
    auto const made = copy.take();
    std::size_t wrong = 0;
    std::size_t count = 0;
    source.cvisit_all([&](auto& row) {
        auto const entry = expected(row.first, row.second);
        if (!entry) return;
        ++count;
        if (made.cvisit(entry->first, [&](auto& copied) { wrong += copied.second != entry->second; }) != 1)
            ++wrong;
    });
    CHECK(wrong == 0);
    CHECK(made.size() == count);
}

/// A copy with writers in between. `advance` and `write` call their argument, with a fault or without one;
/// both return whether the call succeeded. Returns whether the copy failed.
template <class Walk, class Expected, class Advance, class Write>
bool copy_once(Walk walk, Expected expected, Advance advance, Write write) {
    source_table source = filled();
    auto model = contents(source);
    bool failed = false;
    {
        scripted_writer writer{source, model};
        table_copy copy(source, walk);
        bool going_on = true;
        bool through = true;
        while (through && going_on) {
            CHECK(write([&] { writer.write_to_table(); }));  // the writer never sees an error
            writer.write_to_model();
            through = advance([&] { going_on = copy->advance(); });
        }
        for (int i = 0; i != 100; ++i) {
            CHECK(write([&] { writer.write_to_table(); }));
            writer.write_to_model();
        }
        failed = !through || copy->failed();
        if (!failed) CHECK(copy->complete());
        if (copy->failed()) {
            CAPTURE(copy->why());
            CHECK(copy->why().starts_with("the row "));
            CHECK(!copy->advance());
        }
        CHECK(contents(source) == model);
        copy->detach();
        CHECK(watched_shards(source) == 0);
        if (!failed) CHECK(copy.take().size() != 0);
    }
    row_function.defuse();
    CHECK(contents(source) == model);
    check_second_copy(source, walk, expected);
    CHECK(contents(source) == model);
    return failed;
}

template <class Walk, class Expected>
void check_throwing(Walk walk, Expected expected) {
    auto const plainly = [](auto f) { return f(), true; };
    std::size_t calls = 0;
    for (bool failed = true; failed; ++calls) {
        CAPTURE(calls);
        row_function.set(calls);
        failed = copy_once(walk, expected, plainly, plainly);
    }
    CHECK(calls > 60);  // the rows of the scan, and those of the writers
}

template <class Walk, class Expected>
void check_memory(where place, Walk walk, Expected expected) {
    std::size_t spared = 0;
    for (bool happened = true; happened; ++spared) {
        CAPTURE(spared);
        memory_fault fault(spared);
        auto const faulty = [&fault](auto f) { return fault.during(f); };
        auto const plainly = [](auto f) { return f(), true; };
        bool failed = false;
        if (place == where::scan)
            failed = copy_once(walk, expected, faulty, plainly);
        else if (place == where::writers)
            failed = copy_once(walk, expected, plainly, faulty);
        else
            failed = copy_once(walk, expected, faulty, faulty);
        happened = fault.happened();
        CHECK(failed == happened);
    }
    CHECK(spared > 20);
}

template <class Check>
void for_each_walk(Check check) {
    check(changing_rows, [](std::uint32_t key, std::uint64_t row) {
        return std::optional(std::pair{key, text_of(row)});
    });
    check(dropping_rows, [](std::uint32_t key, std::uint64_t row) {
        return row % 3 == 0 ? std::nullopt : std::optional(std::pair{key, text_of(row)});
    });
    check(changing_keys, [](std::uint32_t key, std::uint64_t row) {
        return std::optional(std::pair{text_of(key) + std::to_string(row % 2), text_of(row)});
    });
}

template <class Table, class Walk>
std::string why_of(Table&& source, Walk walk) {
    table_copy copy(source, walk);
    while (copy->advance()) continue;
    REQUIRE(copy->failed());
    return copy->why();
}

}  // namespace

TEST_CASE("table: a row function that throws at any call fails the copy alone") {
    for_each_walk([](auto walk, auto expected) { check_throwing(walk, expected); });
}

TEST_CASE("table: memory that runs out at any point of the scan fails the copy alone") {
    for_each_walk([](auto walk, auto expected) { check_memory(where::scan, walk, expected); });
}

TEST_CASE("table: memory that runs out for the copy in any call of a writer is nothing that it notices") {
    for_each_walk([](auto walk, auto expected) { check_memory(where::writers, walk, expected); });
}

TEST_CASE("table: memory that runs out anywhere fails the copy alone") {
    for_each_walk([](auto walk, auto expected) { check_memory(where::anywhere, walk, expected); });
}

TEST_CASE("table: a copy that fails because there is no memory at all says so") {
    constexpr auto for_good = failing_allocation::lasting::for_good;
    auto source = filled();
    {
        table_copy copy(source, changing_rows);
        while (copy->advance()) continue;
        {
            failing_allocation const none(0, for_good);
            source.visit(1, [](auto& row) { ++row.second; });
        }
        REQUIRE(copy->failed());
        CHECK(copy->why() == "no memory");
    }
    table_copy copy(source, changing_keys);
    {
        failing_allocation const none(0, for_good);
        while (copy->advance()) continue;
    }
    REQUIRE(copy->failed());
    CHECK(copy->why() == "no memory");
    CHECK(source.size() == 60);
}

TEST_CASE("table: a scan that found no memory for a shard can be taken up again") {
    std::size_t again = 0;
    for (std::size_t spared = 0; spared != 200; ++spared) {
        CAPTURE(spared);
        auto source = filled();
        table_copy copy(source, [](source_table&& t) { return std::move(t); });
        memory_fault fault(spared);
        for (bool going_on = true; going_on;) again += !fault.during([&] { going_on = copy->advance(); });
        if (copy->failed()) continue;
        CHECK(contents(copy.take()) == contents(source));
    }
    CHECK(again > 0);
}

TEST_CASE("table: a copy that failed names the row printably, cut short, with the words of the exception") {
    using texts = hotswap::table<std::string, int>;
    auto const refused = [](texts&& t) {
        return std::move(t).transform(
            [](int&& row) -> int { throw std::out_of_range("no " + std::to_string(row)); });
    };
    CHECK(why_of(texts{{"Täschchen \"1\"\n", 7}}, refused) ==
          R"(the row "T\xc3\xa4schchen \x221\x22\x0a": no 7)");
    CHECK(why_of(texts{{std::string(100, 'x'), 8}}, refused) ==
          "the row \"" + std::string(48, 'x') + "…\": no 8");
    CHECK(why_of(texts{{"", 9}}, refused) == "the row \"\": no 9");
    CHECK(why_of(texts{{"a", 1}}, [](texts&& t) {
              return std::move(t).transform([](int&&) -> int { throw 3; });
          }) == "the row \"a\": an exception that is not a std::exception");
    enum class color : std::uint8_t { red, green };
    using colors = hotswap::table<color, int>;
    CHECK(why_of(colors{{color::green, 5}}, [](colors&& t) {
              return std::move(t).transform([](int&&) -> int { throw std::out_of_range("no"); });
          }) == "the row 1: no");
}

TEST_CASE("table: a copy in which two keys become one names both, and the new one") {
    using texts = hotswap::table<std::string, int>;
    constexpr auto first_letter = [](texts&& t) {
        return std::move(t).transform_entries([](std::string&& key, int&& row) {
            return std::pair{key.substr(0, 1), row};
        });
    };
    auto const words = why_of(texts{{"ann", 1}, {"bob", 2}, {"amy", 3}}, first_letter);
    CAPTURE(words);
    CHECK((words.starts_with("the keys \"ann\" and \"amy\" both become \"a\";") ||
           words.starts_with("the keys \"amy\" and \"ann\" both become \"a\";")));

    // The same in a call of a writer, which sees no error.
    texts source{{"ann", 1}, {"bob", 2}};
    table_copy copy(source, first_letter);
    while (copy->advance()) continue;
    CHECK(source.try_emplace("carl", 3));
    CHECK(!copy->failed());
    CHECK(source.try_emplace("beth", 4));
    REQUIRE(copy->failed());
    CHECK(copy->why().starts_with("the keys \"beth\" and \"bob\" both become \"b\";"));
    CHECK(source.size() == 4);
}
