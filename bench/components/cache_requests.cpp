// bench_cache [FILE]: the shipped cache next to a mutex and an LRU list: the miss ratio of each release for the requests in FILE
// (an id a line; a get that fails is followed by a put), or for a generated mix; processor time of a call; the longest call
// with a million entries whose time is over.
#include <hotswap/contracts/cache.hpp>
#include <hotswap/runtime.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

namespace {

using hotswap::contracts::cache;
using hotswap::contracts::cache_settings;
using namespace std::chrono_literals;

constexpr std::array<std::string_view, 3> releases{"1.0.0", "2.0.0", "3.0.0"};

/// The peer: one lock, a list in the order of use, an index.
class locked_lru {
public:
    explicit locked_lru(std::size_t entries) : entries_(entries) {}

    std::optional<std::string> get(std::string const& key) {
        std::lock_guard const lock(mutex_);
        auto const found = index_.find(key);
        if (found == index_.end()) return std::nullopt;
        order_.splice(order_.begin(), order_, found->second);
        return found->second->second;
    }
    void put(std::string const& key, std::string const& value) {
        std::lock_guard const lock(mutex_);
        if (auto const found = index_.find(key); found != index_.end()) {
            order_.splice(order_.begin(), order_, found->second);
            found->second->second = value;
            return;
        }
        order_.emplace_front(key, value);
        index_.emplace(key, order_.begin());
        if (order_.size() <= entries_) return;
        index_.erase(order_.back().first);
        order_.pop_back();
    }

private:
    using entry = std::pair<std::string, std::string>;
    std::mutex mutex_;
    std::size_t entries_;
    std::list<entry> order_;
    std::unordered_map<std::string, std::list<entry>::iterator> index_;
};

/// A release of the shipped cache in a runtime of its own.
struct shipped {
    shipped(std::string_view release, cache_settings const& settings,
            std::function<std::chrono::system_clock::time_point()> clock = {})
        : runtime({.log_to_stderr = false, .clock = std::move(clock)}),
          handle(runtime
                     .load<cache>("cache", {.module = std::filesystem::path(BENCH_SHIPPED_MODULES) /
                                                      fmt::format("cache-{}.so", release)})
                     .value()) {
        auto wanted = settings;
        if (release == "1.0.0") wanted.byte_budget.reset();
        handle->configure(wanted);
    }
    auto get(std::string const& key) { return handle->get(std::string_view(key)); }
    void put(std::string const& key, std::string const& value) { handle->put(key, value, 1h); }

    hotswap::runtime runtime;
    hotswap::handle<cache> handle;
};

std::vector<std::string> read_requests(char const* file) {
    std::vector<std::string> all;
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) all.push_back(line);
    if (all.empty()) throw std::runtime_error(fmt::format("there are no requests in {}", file));
    return all;
}

/// Zipf's law, and every 2000 requests a run of 1000 keys that come once.
std::vector<std::string> make_requests() {
    std::mt19937_64 random(3);
    std::vector<double> weights;
    double sum = 0;
    for (int i = 1; i <= 40'000; ++i) weights.push_back(sum += std::pow(i, -0.9));
    std::vector<std::string> all;
    for (int scanned = 0; all.size() < 150'000;) {
        if (all.size() % 3'000 >= 2'000) {
            all.push_back(fmt::format("scan{}", scanned++));
            continue;
        }
        double const at = std::uniform_real_distribution<>(0, sum)(random);
        all.push_back(
            fmt::format("{}", std::lower_bound(weights.begin(), weights.end(), at) - weights.begin()));
    }
    return all;
}

template <class Cache>
double miss_ratio(Cache& of, std::vector<std::string> const& requests) {
    std::size_t misses = 0;
    for (auto const& key : requests) {
        if (of.get(key)) continue;
        ++misses;
        of.put(key, "v");
    }
    return static_cast<double>(misses) / static_cast<double>(requests.size());
}

void print_miss_ratios(std::vector<std::string> const& requests) {
    fmt::print("miss ratio, {} requests\n{:<22}{:>10}{:>10}{:>10}\n", requests.size(), "entries", 5000, 1000,
               100);
    fmt::print("{:<22}", "LRU list");
    for (std::size_t const entries : {5000, 1000, 100}) {
        locked_lru peer(entries);
        fmt::print("{:>10.4f}", miss_ratio(peer, requests));
    }
    for (auto const release : releases) {
        fmt::print("\n{:<22}", fmt::format("cache {}", release));
        for (std::size_t const entries : {5000, 1000, 100}) {
            shipped ours(release, {.max_entries = entries});
            fmt::print("{:>10.4f}", miss_ratio(ours, requests));
        }
    }
    fmt::print("\n\n");
}

double thread_ns() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

/// Processor time of a call, ns: of `threads` at once, the median of 15 rounds. It includes spinning for a lock.
template <class Call>
double price(int threads, Call call) {
    constexpr int calls = 1 << 15;
    std::vector<double> rounds;
    for (int round = 0; round != 15; ++round) {
        std::vector<double> spent(static_cast<std::size_t>(threads));
        std::vector<std::jthread> crew;
        for (int i = 0; i != threads; ++i)
            crew.emplace_back([&, i] {
                std::mt19937 random(static_cast<unsigned>(i) + 1);
                double const begin = thread_ns();
                for (int j = 0; j != calls; ++j) call(random());
                spent[static_cast<std::size_t>(i)] = (thread_ns() - begin) / calls;
            });
        crew.clear();
        rounds.push_back(*std::max_element(spent.begin(), spent.end()));
    }
    std::nth_element(rounds.begin(), rounds.begin() + 7, rounds.end());
    return rounds[7];
}

template <class Cache>
void print_prices(std::string_view name, Cache& of) {
    constexpr std::size_t entries = 20'000;
    std::vector<std::string> keys;
    std::string const value(100, 'v');
    for (std::size_t i = 0; i != entries; ++i) keys.push_back(fmt::format("/item/number-{}", i));
    for (auto const& key : keys) of.put(key, value);
    auto const get = [&](std::size_t at) { static_cast<void>(of.get(keys[at % entries])); };
    auto const put = [&](std::size_t at) { of.put(keys[at % entries], value); };
    fmt::print("{:<22}{:>10.0f}{:>10.0f}{:>10.0f}{:>10.0f}\n", name, price(1, get), price(2, get),
               price(1, put), price(2, put));
}

/// The most processor time that one call takes, µs, while a million entries are over.
void print_longest_calls() {
    fmt::print("the longest call while a million expired entries go, µs of processor time\n");
    for (auto const release : releases) {
        auto const shift = std::make_shared<std::atomic<std::chrono::seconds>>(0s);
        shipped ours(release,
                     {.max_entries = 1'000'000, .cleanup_interval = 1s, .byte_budget = 4'000'000'000},
                     [shift] { return std::chrono::system_clock::now() + shift->load(); });
        for (int i = 0; i != 1'000'000; ++i) ours.put(fmt::format("{}", i), "v");
        *shift = 2h;
        double longest = 0;
        for (int i = 0; i != 300'000; ++i) {
            auto const key = fmt::format("new{}", i % 100'000);
            double const begin = thread_ns();
            ours.put(key, "v");
            ours.get(key);
            longest = std::max(longest, thread_ns() - begin);
        }
        fmt::print("{:<22}{:>10.0f}\n", fmt::format("cache {}", release), longest / 1000);
    }
}

}  // namespace

int main(int count, char** words) {
    try {
        print_miss_ratios(count > 1 ? read_requests(words[1]) : make_requests());
        fmt::print("processor time, ns\n{:<22}{:>10}{:>10}{:>10}{:>10}\n", "", "get", "2 threads", "put",
                   "2 threads");
        locked_lru peer(40'000);
        print_prices("mutex and LRU list", peer);
        for (auto const release : releases) {
            shipped ours(release, {.max_entries = 40'000, .byte_budget = 1'000'000'000});
            print_prices(fmt::format("cache {}", release), ours);
        }
        fmt::print("\n");
        print_longest_calls();
    } catch (std::exception const& failed) {
        fmt::print(stderr, "bench_cache: {}\n", failed.what());
        return 1;
    }
    return 0;
}
