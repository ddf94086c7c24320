// bench_cache_disk DIRECTORY [ROWS]: the shipped cache with its tier on disk, in a new file of DIRECTORY: calls in a second of one
// thread and of two, next to the same calls without the tier.
#include <hotswap/contracts/cache.hpp>
#include <hotswap/runtime.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using hotswap::contracts::cache;
using namespace std::chrono_literals;

constexpr std::uint64_t rows_in_memory = 10'000;
constexpr std::size_t value_size = 200;

/// A cache with 10 000 entries in memory, and a tier on disk unless `settings` is empty.
struct shipped {
    explicit shipped(hotswap::settings settings)
        : runtime({.log_to_stderr = false}),
          handle(runtime
                     .load<cache>("cache",
                                  {.module = std::filesystem::path(BENCH_SHIPPED_MODULES) / "cache-3.0.0.so",
                                   .settings = std::move(settings)})
                     .value()) {
        handle->configure({.max_entries = rows_in_memory, .byte_budget = std::uint64_t{1} << 30U});
    }

    hotswap::runtime runtime;
    hotswap::handle<cache> handle;
};

std::string key_of(std::uint64_t number) { return fmt::format("/item/number-{:08}", number); }

/// Calls in a second of `threads` together: the median of five rounds, in each of which every thread makes `calls`.
template <class Call>
double rate(int threads, int calls, Call call) {
    std::array<double, 5> rounds{};
    for (std::size_t round = 0; round != rounds.size(); ++round) {
        auto const begin = std::chrono::steady_clock::now();
        {
            std::vector<std::jthread> crew;
            for (int i = 0; i != threads; ++i)
                crew.emplace_back([&, i] {
                    std::mt19937_64 random(round * 100 + static_cast<std::uint64_t>(i));
                    for (int j = 0; j != calls; ++j) call(random());
                });
        }
        std::chrono::duration<double> const took = std::chrono::steady_clock::now() - begin;
        rounds[round] = threads * calls / took.count();
    }
    std::nth_element(rounds.begin(), rounds.begin() + 2, rounds.end());
    return rounds[2];
}

/// The rates of one and of two threads.
template <class Call>
void print(std::string_view what, int calls, Call call) {
    fmt::print("{:<44}{:>12.0f}{:>12.0f}\n", what, rate(1, calls, call), rate(2, calls, call));
}

void measure(std::string_view name, shipped& at, std::uint64_t rows, bool on_disk) {
    std::string const value(value_size, 'v');
    auto const begin = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i != rows; ++i) at.handle->put(key_of(i), value, 24h);
    std::chrono::duration<double> const took = std::chrono::steady_clock::now() - begin;
    fmt::print("{:<44}{:>12.0f}\n", fmt::format("{}: put of new keys", name),
               static_cast<double>(rows) / took.count());
    auto const get = [&](std::uint64_t number) { static_cast<void>(at.handle->get(key_of(number))); };
    // Used often enough to stay in memory.
    constexpr std::uint64_t hot = rows_in_memory / 4;
    for (int round = 0; round != 4; ++round)
        for (std::uint64_t i = rows - hot; i != rows; ++i) get(i);
    print(fmt::format("{}: get, in memory", name), 200'000,
          [&](std::uint64_t any) { get(rows - hot + any % hot); });
    print(fmt::format("{}: get, nowhere", name), on_disk ? 50'000 : 200'000,
          [&](std::uint64_t any) { get(rows + any % rows); });
    if (on_disk)
        print(fmt::format("{}: get, on disk", name), 10'000,
              [&](std::uint64_t any) { get(any % (rows - hot)); });
    print(fmt::format("{}: put of a key in memory", name), on_disk ? 20'000 : 200'000,
          [&](std::uint64_t any) { at.handle->put(key_of(rows - hot + any % hot), value, 24h); });
    auto const stats = at.handle->stats();
    if (on_disk)
        fmt::print("{:<44}{:>12}{:>12} MB\n", fmt::format("{}: entries, and bytes on disk", name),
                   stats.disk_entries, stats.disk_bytes / 1'000'000);
    fmt::print("\n");
}

}  // namespace

int main(int count, char** words) {
    try {
        if (count < 2) throw std::runtime_error("usage: bench_cache_disk DIRECTORY [ROWS]");
        auto const directory = std::filesystem::absolute(words[1]) / "bench_cache_disk";
        std::uint64_t const rows = count > 2 ? std::stoull(words[2]) : 500'000;
        std::filesystem::remove_all(directory);
        fmt::print("{} rows of {} bytes, {} of them in memory; calls in a second\n{:<44}{:>12}{:>12}\n", rows,
                   value_size, rows_in_memory, "", "1 thread", "2 threads");
        {
            shipped memory({});
            measure("no tier", memory, rows, false);
        }
        {
            shipped tiers({{"disk_directory", directory.string()}, {"disk_budget", "4000000000"}});
            measure("tier", tiers, rows, true);
        }
        std::filesystem::remove_all(directory);
    } catch (std::exception const& failed) {
        fmt::print(stderr, "bench_cache_disk: {}\n", failed.what());
        return 1;
    }
    return 0;
}
