// The shipped components with many entries, swapped through all their releases, up and down, while two callers work.
#include "harness/figures.hpp"
#include "harness/measurements.hpp"
#include "harness/under_load.hpp"

#include <hotswap/contracts/cache.hpp>
#include <hotswap/contracts/rate_limiter.hpp>
#include <hotswap/contracts/session.hpp>
#include <hotswap/runtime.hpp>

#include <fmt/format.h>

#include <malloc.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

namespace {

constexpr std::array<std::string_view, 7> releases_up_and_down{"0.1.0", "1.0.0", "2.0.0", "3.0.0",
                                                               "2.0.0", "1.0.0", "0.1.0"};

std::string numbered(std::uint64_t number) { return "key " + std::to_string(number); }

std::uint64_t number_in(std::string_view key) {
    std::uint64_t number = 0;
    std::from_chars(key.data() + 4, key.data() + key.size(), number);
    return number;
}

hotswap::load_options oldest_of(std::string_view component) {
    return {.module = fmt::format("{}/{}-0.1.0.so", BENCH_SHIPPED, component)};
}

/// One shipped component with its entries.
class subject {
public:
    virtual ~subject() = default;
    virtual void fill(std::uint64_t entries) = 0;
    virtual void call(std::string_view key, deed what) = 0;

    hotswap::swap_report swap(std::string_view release) {
        auto report = runtime.swap(
            component,
            {.module = fmt::format("{}/{}-{}.so", BENCH_SHIPPED, component, release), .allow_loss = true});
        if (!report) throw hotswap::swap_error(report.error());
        if (auto const& tables = report->tables; tables.way != hotswap::table_way::before_pause)
            throw std::runtime_error(fmt::format("the tables of {} {} were not copied before the pause: {}",
                                                 component, release, tables.reason));
        return std::move(*report);
    }

    std::string component;
    hotswap::runtime runtime{{.modules = BENCH_SHIPPED, .rehearse = hotswap::rehearse::never}};

protected:
    explicit subject(std::string name) : component(std::move(name)) {}
};

class limited final : public subject {
public:
    limited()
        : subject("rate_limiter"),
          limiter_(runtime.load<hotswap::contracts::rate_limiter>(component, oldest_of(component)).value()) {}
    void fill(std::uint64_t entries) override {
        // A year to refill: no client is forgotten meanwhile.
        limiter_->configure({.client = {.tokens = 100, .per = std::chrono::hours(24), .burst = 1000}});
        for (std::uint64_t i = 0; i != entries; ++i) limiter_->acquire(numbered(i), 1);
    }
    void call(std::string_view key, deed) override { limiter_->acquire(key, 1); }

private:
    hotswap::handle<hotswap::contracts::rate_limiter> limiter_;
};

class logged_in final : public subject {
public:
    logged_in()
        : subject("session"),
          sessions_(runtime.load<hotswap::contracts::session>(component, oldest_of(component)).value()) {}
    void fill(std::uint64_t entries) override {
        tokens_.reserve(entries);
        for (std::uint64_t i = 0; i != entries; ++i)
            tokens_.push_back(sessions_->open("user " + std::to_string(i / 2)));
    }
    void call(std::string_view key, deed) override {
        if (!sessions_->find(tokens_[number_in(key)])) throw std::runtime_error("a session is lost");
    }

private:
    hotswap::handle<hotswap::contracts::session> sessions_;
    std::vector<std::string> tokens_;
};

class cached final : public subject {
public:
    cached()
        : subject("cache"),
          cache_(runtime.load<hotswap::contracts::cache>(component, oldest_of(component)).value()) {}
    void fill(std::uint64_t entries) override {
        // Release 0 holds 10 000 entries: the others are put under release 3, and go down with the rest.
        for (auto const release : {"1.0.0", "2.0.0", "3.0.0"}) swap(release);
        cache_->configure({.max_entries = 2 * entries + 1000, .byte_budget = std::uint64_t{8} << 30U});
        std::string const value(100, 'v');
        for (std::uint64_t i = 0; i != entries; ++i) cache_->put(numbered(i), value, std::chrono::hours(24));
        for (auto const release : {"2.0.0", "1.0.0", "0.1.0"}) swap(release);
    }
    void call(std::string_view key, deed what) override {
        if (what == deed::add)
            cache_->put(key, "another value", std::chrono::hours(24));
        else
            cache_->get(key);
    }

private:
    hotswap::handle<hotswap::contracts::cache> cache_;
};

/// A line of /proc/self/status, in bytes.
std::uint64_t status_of(std::string_view line) {
    std::ifstream status("/proc/self/status");
    for (std::string text; std::getline(status, text);)
        if (text.starts_with(line)) return std::stoull(text.substr(line.size())) * 1024;
    return 0;
}
std::uint64_t resident() { return status_of("VmRSS:"); }
std::uint64_t peak_resident() { return status_of("VmHWM:"); }
void forget_peak() { std::ofstream("/proc/self/clear_refs") << 5; }

/// What the swaps of one component with one number of entries measured.
struct figures_of_swaps {
    std::vector<double> pauses{};         // µs
    std::vector<double> longest_calls{};  // µs
    std::vector<double> kept{};           // throughput during a swap, as a share of that before
    std::vector<double> speeds{};         // calls a second before a swap
    double memory = 0;                    // the highest, as a multiple of the entries'
    double bytes_of_each = 0;
};

figures_of_swaps measure(subject& of, std::uint64_t entries, int rounds) {
    figures_of_swaps all;
    malloc_trim(0);
    std::uint64_t const empty = resident();
    of.fill(entries);
    malloc_trim(0);
    auto const filled = static_cast<double>(resident() - empty);
    all.bytes_of_each = filled / static_cast<double>(entries);
    row_call const call = [&of](std::string_view key, deed what) { of.call(key, what); };
    for (int round = 0; round != rounds; ++round)
        for (std::size_t i = 1; i != releases_up_and_down.size(); ++i) {
            forget_peak();
            auto const sample = measure_under_load(entries, call, [&] {
                return std::chrono::duration<double, std::micro>(of.swap(releases_up_and_down[i]).pause)
                    .count();
            });
            all.pauses.push_back(sample.pause);
            all.longest_calls.push_back(sample.during.max);
            all.kept.push_back(sample.during.calls_per_second / sample.before.calls_per_second);
            all.speeds.push_back(sample.before.calls_per_second);
            all.memory = std::max(all.memory, static_cast<double>(peak_resident() - empty) / filled);
        }
    return all;
}

void print(std::uint64_t entries, figures_of_swaps const& of) {
    fmt::print("  {:>9} {:>10} {:>10} {:>11} {:>8.2f} {:>8.2f} {:>10.0f} {:>8.0f}\n", entries,
               in_words(percentile(of.pauses, 0.5)), in_words(percentile(of.pauses, 1)),
               in_words(percentile(of.longest_calls, 1)), percentile(of.kept, 0.5), of.memory,
               percentile(of.speeds, 0.5), of.bytes_of_each);
}

bool judge(std::vector<figures_of_swaps> const& by_size, std::uint64_t largest) {
    double lowest = percentile(by_size.front().pauses, 0.5);
    double highest = lowest;
    double longest = 0;
    double kept = 1;
    for (auto const& each : by_size) {
        lowest = std::min(lowest, percentile(each.pauses, 0.5));
        highest = std::max(highest, percentile(each.pauses, 0.5));
        longest = std::max(longest, percentile(each.longest_calls, 1));
        kept = std::min(kept, percentile(each.kept, 0.5));
    }
    bool reached = judge_at_most("pause p50, the highest of all sizes", highest, 100, "µs");
    reached = judge_at_most("pause p50, the highest", highest / lowest, 2, "× the lowest") && reached;
    reached = judge_at_most("longest call", longest / 1000, 10, "ms") && reached;
    reached = judge_at_least("throughput kept, the lowest of all sizes", kept, 0.7, "× before it") && reached;
    if (largest >= 1'000'000)  // with few entries the process itself is the larger part
        reached =
            judge_at_most("memory at its highest", by_size.back().memory, 2.1, "× the entries'") && reached;
    return reached;
}

bool measure_one(std::string_view name, std::function<std::unique_ptr<subject>()> const& make, bool quick) {
    std::vector<std::uint64_t> sizes{1'000, 10'000, 100'000};
    if (!quick) sizes.push_back(1'000'000);
    fmt::print("\n{}: 0.1.0 → 1.0.0 → 2.0.0 → 3.0.0 → 2.0.0 → 1.0.0 → 0.1.0, {} callers\n", name, callers);
    fmt::print("  {:>9} {:>10} {:>10} {:>11} {:>8} {:>8} {:>10} {:>8}\n", "entries", "pause p50", "max",
               "call max", "kept", "memory", "calls/s", "B each");
    std::vector<figures_of_swaps> by_size;
    for (auto const entries : sizes) {
        fmt::print(stderr, "components: {} with {} entries\n", name, entries);
        auto const of = make();
        by_size.push_back(measure(*of, entries, quick ? 1 : 3));
        print(entries, by_size.back());
    }
    return judge(by_size, sizes.back());
}

}  // namespace

bool measure_components(bool quick) {
    bool reached = measure_one(
        "rate_limiter", [] { return std::make_unique<limited>(); }, quick);
    reached = measure_one(
                  "session", [] { return std::make_unique<logged_in>(); }, quick) &&
              reached;
    return measure_one(
               "cache", [] { return std::make_unique<cached>(); }, quick) &&
           reached;
}

}  // namespace bench
