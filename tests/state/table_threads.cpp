// Several threads on one table.
#include "state/table_contents.hpp"

#include <hotswap/table.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

using hotswap_test::contents;

namespace {

/// Runs `f(number)` on each of `count` threads, all at work at once.
template <class F>
void on_threads(int count, F f) {
    std::atomic<int> missing = count;
    std::vector<std::thread> threads;
    for (int i = 0; i != count; ++i)
        threads.emplace_back([&missing, f, i] {
            --missing;
            while (missing != 0) std::this_thread::yield();
            f(i);
        });
    for (auto& thread : threads) thread.join();
}

}  // namespace

TEST_CASE("table: of several threads that make the first row, all find one table") {
    for (int round = 0; round != 100; ++round) {
        hotswap::table<int, int> table;
        on_threads(3, [&table](int i) { table.emplace(i, i); });
        CHECK(table.size() == 3);
    }
}

TEST_CASE("table: no addition of several threads to the same rows is lost") {
    hotswap::table<int, std::uint64_t> table;
    constexpr int steps = 30'000;
    on_threads(3, [&table](int) {
        for (int i = 0; i != steps; ++i)
            table.try_emplace_or_visit(i % 100, 1u, [](auto& row) { ++row.second; });
    });
    std::uint64_t sum = 0;
    table.cvisit_all([&sum](auto& row) { sum += row.second; });
    CHECK(sum == 3u * steps);
    CHECK(table.size() == 100);
}

TEST_CASE("table: each row that comes and goes is added and erased by one thread") {
    hotswap::table<std::uint32_t, std::string> table;
    std::atomic<std::int64_t> balance = 0;
    std::atomic<std::size_t> torn = 0;
    on_threads(3, [&](int number) {
        std::mt19937 random(static_cast<unsigned>(number));
        std::int64_t mine = 0;
        for (int i = 0; i != 20'000; ++i) {
            std::uint32_t const key = random() % 500;
            std::string const text(20 + key % 20, static_cast<char>('a' + key % 26));
            switch (random() % 5) {
                case 0:
                    mine += table.try_emplace(key, text);
                    break;
                case 1:
                    mine += table.insert_or_assign(key, text);
                    break;
                case 2:
                    mine -= static_cast<std::int64_t>(table.erase(key));
                    break;
                case 3:
                    table.cvisit(key, [&](auto& row) { torn += row.second != text; });
                    break;
                default:
                    if (i % 50 == 0) table.cvisit_all([&](auto& row) { torn += row.second.size() < 20; });
            }
        }
        balance += mine;
    });
    CHECK(torn == 0);
    CHECK(static_cast<std::int64_t>(table.size()) == balance);
    CHECK(contents(table).size() == table.size());
}

TEST_CASE("table: rows that no thread touches are met by every visit_all while others come and go") {
    hotswap::table<std::uint32_t, int> table;
    for (std::uint32_t i = 0; i != 1000; ++i) table.emplace(i, 1);
    std::atomic<bool> over = false;
    std::size_t wrong = 0;
    on_threads(2, [&](int number) {
        if (number == 0) {
            for (int round = 0; round != 200; ++round) {
                std::size_t met = 0;
                table.cvisit_all([&met](auto& row) { met += row.first < 1000; });
                wrong += met != 1000;
            }
            over = true;
        } else {
            for (std::uint32_t i = 0; !over; ++i) {
                table.emplace(1000 + i % 5000, 1);
                table.erase(1000 + (i + 2500) % 5000);
            }
        }
    });
    CHECK(wrong == 0);
}
