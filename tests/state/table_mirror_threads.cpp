// Copies of tables while several threads write at full speed.
#include "state/table_copies.hpp"
#include "state/table_program.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <barrier>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using hotswap_test::change;
using hotswap_test::contents;
using hotswap_test::old_row;
using hotswap_test::table_copy;
using hotswap_test::watched_shards;

namespace {

/// Threads that write to a table until the test stops them; each stops after some more writes.
template <class Table>
class writers {
public:
    writers(Table& table, std::uint32_t keys, int count) {
        for (int i = 0; i != count; ++i)
            threads_.emplace_back([this, &table, keys, i] { write(table, keys, static_cast<unsigned>(i)); });
        while (at_work_ != count) std::this_thread::yield();
    }
    ~writers() { stop(); }
    writers(writers const&) = delete;

    void stop() {
        over_ = true;
        for (auto& thread : threads_) thread.join();
        threads_.clear();
    }
    /// The number of unexpected exceptions in writers.
    std::size_t surprises() const { return surprises_; }

private:
    void write(Table& table, std::uint32_t keys, unsigned seed) {
        std::mt19937 random(seed);
        ++at_work_;
        for (int more = 500; more != 0; more -= over_) {
            try {
                write_once(table, random() % keys, random());
            } catch (...) {
                ++surprises_;
            }
        }
    }
    static void write_once(Table& table, std::uint32_t key, std::uint32_t number) {
        auto const changing = [number](auto& row) { change(row.second, number); };
        switch (number % 8) {
            case 0:
                table.try_emplace(key, number % 1000);
                break;
            case 1:
                table.insert_or_assign(key, old_row(number % 1000));
                break;
            case 2:
                table.erase(key);
                break;
            case 3:
                table.erase_if(key, [number](auto& row) { return (row.second.value += number) % 2 == 0; });
                break;
            case 4:
                table.try_emplace_or_visit(key, number % 1000, changing);
                break;
            default:
                table.visit(key, changing);
        }
        if (number % 4096 == 0) table.visit_all(changing);
        if (number % 4096 == 1)
            table.erase_if([number](auto& row) { return row.second.value % 16 == number % 16; });
    }

    std::atomic<int> at_work_ = 0;
    std::atomic<bool> over_ = false;
    std::atomic<std::size_t> surprises_ = 0;
    std::vector<std::thread> threads_;
};

using numbered = hotswap::table<std::uint32_t, old_row>;

template <class Walk, class Expected>
void check_copy(Walk walk, Expected expected) {
    for (std::uint32_t const keys : {50u, 5000u, 5000u, 5000u, 20'000u, 20'000u}) {
        CAPTURE(keys);
        numbered source;
        for (std::uint32_t i = 0; i < keys; i += 2) source.try_emplace(i, i % 500);
        table_copy copy(source, walk);
        writers at_work(source, keys, 2);
        while (copy->advance()) continue;
        at_work.stop();
        CHECK(at_work.surprises() == 0);
        CHECK(!copy->failed());

        auto const left = contents(source);
        using result = typename table_copy<numbered, Walk>::result;
        std::map<typename result::key_type, typename result::mapped_type> model;
        for (auto const& [key, row] : left)
            if (auto entry = expected(key, row)) model.insert(std::move(*entry));
        auto const made = copy.take();
        CHECK(contents(made) == model);
        CHECK(made.size() == model.size());
    }
}

std::string text_of(old_row const& row) { return std::to_string(row.value) + row.note; }

}  // namespace

TEST_CASE("table: a copy by a row function is what writers at full speed have left") {
    check_copy(
        [](numbered&& t) { return std::move(t).transform([](old_row&& row) { return text_of(row); }); },
        [](std::uint32_t key, old_row const& row) {
            return std::optional(std::pair{key, text_of(row)});
        });
}

TEST_CASE("table: a copy that drops rows is what writers at full speed have left") {
    check_copy(
        [](numbered&& t) {
            return std::move(t).transform([](old_row&& row) -> std::optional<std::string> {
                if (row.value % 2 == 0) return std::nullopt;
                return text_of(row);
            });
        },
        [](std::uint32_t key, old_row const& row) -> std::optional<std::pair<std::uint32_t, std::string>> {
            if (row.value % 2 == 0) return std::nullopt;
            return std::pair{key, text_of(row)};
        });
}

TEST_CASE("table: a copy with keys that depend on the rows is what writers at full speed have left") {
    check_copy(
        [](numbered&& t) {
            return std::move(t).transform_entries([](std::uint32_t&& key, old_row&& row) {
                return std::pair{std::to_string(key) + "/" + std::to_string(row.value % 3), text_of(row)};
            });
        },
        [](std::uint32_t key, old_row const& row) {
            return std::optional(
                std::pair{std::to_string(key) + "/" + std::to_string(row.value % 3), text_of(row)});
        });
}

TEST_CASE("table: a copy is given up while writers are inside it, and they notice nothing") {
    numbered source;
    for (std::uint32_t i = 0; i != 2000; ++i) source.try_emplace(i, i % 500);
    writers at_work(source, 2000, 2);
    for (int round = 0; round != 60; ++round) {
        table_copy copy(source, [](numbered&& t) {
            return std::move(t).transform([](old_row&& row) { return text_of(row); });
        });
        for (int bites = 0; bites != 10 * round && copy->advance();) ++bites;
        copy->detach();
        CHECK(watched_shards(source) == 0);
        CHECK(!copy->failed());
    }
    at_work.stop();
    CHECK(at_work.surprises() == 0);
}

TEST_CASE("table: row functions that throw in calls of writers refuse the copy, and the writers go on") {
    numbered source;
    for (std::uint32_t i = 0; i != 5000; ++i) source.try_emplace(i, i % 500);
    writers at_work(source, 5000, 2);
    for (int round = 0; round != 20; ++round) {
        table_copy copy(source, [](numbered&& t) {
            return std::move(t).transform([](old_row&& row) {
                if (row.value > 100'000) throw std::runtime_error("it is too large");
                return row;
            });
        });
        while (copy->advance()) continue;
        while (!copy->failed()) std::this_thread::yield();
        CHECK(copy->why().find(": it is too large") != std::string::npos);
    }
    at_work.stop();
    CHECK(at_work.surprises() == 0);
    CHECK(watched_shards(source) == 0);
}

TEST_CASE(
    "table: keys that collide on several threads at once refuse the copy, and no thread waits for ever") {
    constexpr std::uint32_t count = 2000;
    for (std::uint32_t round = 0; round != 400; ++round) {
        numbered source;
        for (std::uint32_t i = 0; i != count; ++i) source.try_emplace(i, i % 500);
        table_copy copy(source, [](numbered&& t) {
            return std::move(t).transform_entries([](std::uint32_t&& key, old_row&& row) {
                return std::pair{key % count, std::move(row)};
            });
        });
        while (copy->advance()) continue;
        CHECK(!copy->failed());
        // Each searches all shards for the row that collides with its own, while it holds its own lock.
        std::barrier ready(2);
        auto const collide = [&](std::uint32_t key) {
            ready.arrive_and_wait();
            source.try_emplace(key, 1u);
        };
        {
            std::jthread const one(collide, count + round * 17 % count);
            std::jthread const other(collide, count + (round * 17 + 900) % count);
        }
        REQUIRE(copy->failed());
        CHECK(copy->why().find("both become") != std::string::npos);
        CHECK(source.size() == count + 2);
    }
}
