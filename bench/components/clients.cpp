// bench_clients MODULES [MOST]: the shipped rate limiter with many clients. Bytes per client, the pauses of
// swaps up and down with two callers at work, calls a second, and the longest call while a million idle
// clients are forgotten.
#include <hotswap/contracts/rate_limiter.hpp>
#include <hotswap/runtime.hpp>

#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <exception>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using hotswap::contracts::rate_limiter;
using clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

double milliseconds(nanoseconds time) { return std::chrono::duration<double, std::milli>(time).count(); }

std::uint64_t resident_bytes() {
    std::ifstream in("/proc/self/statm");
    std::uint64_t size = 0;
    std::uint64_t resident = 0;
    in >> size >> resident;
    return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

/// The name of a client, without an allocation.
class client_name {
public:
    explicit client_name(std::uint64_t number) {
        constexpr std::string_view prefix = "10.";
        std::copy(prefix.begin(), prefix.end(), text_.begin());
        end_ = std::to_chars(text_.data() + prefix.size(), text_.data() + text_.size(), number).ptr;
    }
    operator std::string_view() const {
        return {text_.data(), static_cast<std::size_t>(end_ - text_.data())};
    }

private:
    std::array<char, 24> text_;
    char* end_;
};

/// The limiter of one release, with a clock that can be set ahead.
struct limiter {
    explicit limiter(std::string const& modules, std::string_view release)
        : files(modules),
          runtime({.modules = modules,
                   .clock = [this] { return std::chrono::system_clock::now() + nanoseconds(ahead.load()); },
                   .rehearse = hotswap::rehearse::never}),
          handle(runtime.load<rate_limiter>("rate_limiter", {.module = file(release)}).value()) {
        handle->configure({.client = {.tokens = 1, .per = std::chrono::hours{1}, .burst = 1000}});
    }
    std::string file(std::string_view release) const {
        return fmt::format("{}/rate_limiter-{}.so", files, release);
    }
    void fill(std::uint64_t clients) {
        for (std::uint64_t i = 0; i != clients; ++i) handle->acquire(client_name(i));
    }

    std::string files;
    std::atomic<std::int64_t> ahead{0};
    hotswap::runtime runtime;
    hotswap::handle<rate_limiter> handle;
};

/// Two threads that call for random clients and note their longest call.
class two_callers {
public:
    two_callers(limiter& of, std::uint64_t clients) {
        for (std::uint64_t seed = 1; seed != 3; ++seed)
            threads_.emplace_back([this, &of, clients, seed] { run(of, clients, seed); });
    }
    ~two_callers() { stop_ = true; }

    nanoseconds longest() { return nanoseconds(longest_.exchange(0)); }
    std::uint64_t calls() const { return calls_; }

private:
    void run(limiter& of, std::uint64_t clients, std::uint64_t random) {
        std::uint64_t here = 0;
        for (auto before = clock::now(); !stop_;) {
            random = random * 6364136223846793005U + 1442695040888963407U;
            of.handle->acquire(client_name((random >> 33) % clients));
            auto const now = clock::now();
            auto const took = nanoseconds(now - before).count();
            for (auto seen = longest_.load(); took > seen && !longest_.compare_exchange_weak(seen, took);) {
            }
            before = now;
            if (++here % 64 == 0) calls_ += 64;
        }
    }

    std::atomic<bool> stop_{false};
    std::atomic<std::int64_t> longest_{0};
    std::atomic<std::uint64_t> calls_{0};
    std::vector<std::jthread> threads_;
};

void print_bytes(std::string const& modules, std::string_view release, std::uint64_t clients) {
    limiter of(modules, release);
    malloc_trim(0);
    auto const before = resident_bytes();
    auto const begin = clock::now();
    of.fill(clients);
    std::chrono::duration<double> const took = clock::now() - begin;
    auto const bytes = static_cast<double>(resident_bytes() - before) / static_cast<double>(clients);
    fmt::print("{:>10} clients, {}: {:6.1f} bytes each, filled in {:.1f} s\n", clients, release, bytes,
               took.count());
}

void print_pauses(std::string const& modules, std::uint64_t clients) {
    limiter of(modules, "0.1.0");
    of.fill(clients);
    two_callers callers(of, clients);
    for (auto const release : {"1.0.0", "2.0.0", "3.0.0", "2.0.0", "1.0.0", "0.1.0"}) {
        std::vector<nanoseconds> pauses;
        callers.longest();
        auto const calls = callers.calls();
        auto const begin = clock::now();
        auto const report =
            of.runtime.swap("rate_limiter", {.module = of.file(release), .allow_loss = true}).value();
        std::chrono::duration<double> const took = clock::now() - begin;
        fmt::print(
            "{:>10} clients, to {}: pause {:7.3f} ms, longest call {:7.3f} ms, swap {:6.3f} s, {:5.2f} M "
            "calls/s, rows {}\n",
            clients, release, milliseconds(report.pause), milliseconds(callers.longest()), took.count(),
            static_cast<double>(callers.calls() - calls) / took.count() / 1e6,
            hotswap::to_string(report.tables.way));
    }
}

/// Half of the clients, because the upkeep slows down with their number; next to the longest call of the
/// same length at rest, because other processes count, too.
void print_forgetting(std::string const& modules, std::uint64_t clients) {
    limiter of(modules, "3.0.0");
    of.fill(clients);
    of.ahead = nanoseconds(std::chrono::hours{2000}).count();
    nanoseconds took{};
    nanoseconds during{};
    {
        two_callers callers(of, 1000);
        auto const begin = clock::now();
        while (of.handle->stats().clients > clients / 2)
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        took = clock::now() - begin;
        during = callers.longest();
    }
    limiter idle(modules, "3.0.0");
    two_callers others(idle, 1000);
    std::this_thread::sleep_for(took);
    fmt::print(
        "{:>10} idle clients, half of them forgotten in {:.1f} s: longest call {:.3f} ms; at rest {:.3f} "
        "ms\n",
        clients, std::chrono::duration<double>(took).count(), milliseconds(during),
        milliseconds(others.longest()));
}

void print_speed(std::string const& modules, std::string_view release, std::uint64_t clients) {
    limiter of(modules, release);
    of.fill(clients);
    two_callers callers(of, clients);
    std::this_thread::sleep_for(std::chrono::seconds(1));
    auto const calls = callers.calls();
    auto const used = std::clock();
    std::this_thread::sleep_for(std::chrono::seconds(2));
    auto const more = static_cast<double>(callers.calls() - calls);
    fmt::print("{:>10} clients, {}: {:.2f} M calls/s by two threads, {:.0f} ns of a processor for each\n",
               clients, release, more / 2e6,
               1e9 * static_cast<double>(std::clock() - used) / CLOCKS_PER_SEC / more);
}

}  // namespace

int main(int count, char** words) {
    if (count < 2) {
        fmt::print(stderr, "usage: bench_clients MODULES [MOST]\n");
        return 2;
    }
    try {
        std::uint64_t const most = count > 2 ? std::stoull(words[2]) : 10'000'000;
        for (auto const release : {"0.1.0", "1.0.0", "2.0.0", "3.0.0"})
            print_bytes(words[1], release, std::min<std::uint64_t>(most, 1'000'000));
        print_bytes(words[1], "3.0.0", most);
        for (auto const release : {"0.1.0", "1.0.0", "2.0.0", "3.0.0"})
            print_speed(words[1], release, 100'000);
        for (std::uint64_t clients = 1000; clients <= std::min<std::uint64_t>(most, 1'000'000); clients *= 10)
            print_pauses(words[1], clients);
        print_forgetting(words[1], std::min<std::uint64_t>(most, 1'000'000));
    } catch (std::exception const& failed) {
        fmt::print(stderr, "bench_clients: {}\n", failed.what());
        return 1;
    }
    return 0;
}
