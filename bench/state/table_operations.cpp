// hotswap::table next to tbb::concurrent_hash_map, operation by operation, and next to a hotswap::table
// without the hook that copies of a live table use.
#include "state/table_operations.hpp"

#include "harness/figures.hpp"
#include "harness/missing.hpp"

#include <hotswap/detail/state/table_guard.hpp>

// The test seam: a write to a table with this hash passes no hook. Only this file sees the seam.
namespace hotswap::detail {

struct no_change {
    no_change(table_core&, table_shard&, std::uint32_t) noexcept {}
    ~no_change() {}
    template <class F>
    bool unless_erased(F&& f) && {
        return f();
    }
};
template <class Hash>
concept hookless = requires {
    typename Hash::has_no_hook;
};
template <class Hash>
using chosen_change = std::conditional_t<hookless<Hash>, no_change, table_change>;

}  // namespace hotswap::detail

#define table_change chosen_change<Hash>
#include <hotswap/table.hpp>
#undef table_change

#include <fmt/format.h>

#if BENCH_HAS_TBB
#include <tbb/concurrent_hash_map.h>
#endif

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstdint>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <vector>

namespace bench {

namespace {

struct account {
    std::uint64_t total = 0;
    std::uint64_t seen = 0;
};

// ------------------------------------------------------------------------------------------- who takes part

template <class Key, class Hash = hotswap::table_hash<Key>>
class our_rows {
public:
    std::uint64_t get(Key const& key) const {
        std::uint64_t total = 0;
        rows_.cvisit(key, [&total](auto const& row) { total = row.second.total; });
        return total;
    }
    void insert(Key const& key, std::uint64_t number) { rows_.try_emplace(key, account{number, 1}); }
    void assign(Key const& key, std::uint64_t number) { rows_.insert_or_assign(key, account{number, 2}); }
    void visit(Key const& key, std::uint64_t number) {
        rows_.visit(key, [number](auto& row) { row.second.total += number; });
    }
    void erase(Key const& key) { rows_.erase(key); }

private:
    hotswap::table<Key, account, Hash> rows_;
};

#if BENCH_HAS_TBB
template <class Key>
class tbb_rows {
    using map = tbb::concurrent_hash_map<Key, account>;

public:
    std::uint64_t get(Key const& key) const {
        typename map::const_accessor row;
        return rows_.find(row, key) ? row->second.total : 0;
    }
    void insert(Key const& key, std::uint64_t number) { rows_.insert({key, account{number, 1}}); }
    void assign(Key const& key, std::uint64_t number) {
        typename map::accessor row;
        rows_.insert(row, key);
        row->second = account{number, 2};
    }
    void erase(Key const& key) { rows_.erase(key); }

private:
    map rows_;
};
#endif

// ------------------------------------------------------------------------------------------- how it is measured

std::vector<std::uint64_t> random_keys(std::uint64_t count) {
    std::mt19937_64 random(count);
    std::vector<std::uint64_t> keys(count);
    for (auto& key : keys) key = random();
    return keys;
}

// The keys of a thread's requests, one after the other, so that reading a key costs almost nothing.
template <class Key>
std::vector<Key> draw(std::vector<Key> const& keys, std::uint64_t count, unsigned seed) {
    std::mt19937_64 random(seed);
    std::vector<Key> drawn;
    drawn.reserve(count);
    for (std::uint64_t i = 0; i != count; ++i) drawn.push_back(keys[random() % keys.size()]);
    return drawn;
}

using clock = std::chrono::steady_clock;

/// Runs `work(thread)` on all threads at once; returns the seconds from the first thread's begin to the last
/// one's end.
template <class Work>
double on_threads(unsigned count, Work work) {
    std::barrier ready(static_cast<std::ptrdiff_t>(count));
    std::vector<clock::time_point> begins(count), ends(count);
    auto const run = [&](unsigned thread) {
        ready.arrive_and_wait();
        begins[thread] = clock::now();
        work(thread);
        ends[thread] = clock::now();
    };
    {
        std::vector<std::jthread> others;
        for (unsigned thread = 1; thread < count; ++thread) others.emplace_back(run, thread);
        run(0);
    }
    auto const took =
        *std::max_element(ends.begin(), ends.end()) - *std::min_element(begins.begin(), begins.end());
    return std::chrono::duration<double>(took).count();
}

// Takes the read values, so that the compiler cannot omit the reads.
volatile std::uint64_t read_total;

/// Inserts all keys into `tables` fresh tables; millions of insertions a second.
template <class Rows, class Key>
double insert_rate(std::vector<Key> const& keys, std::uint64_t tables, unsigned threads) {
    std::vector<std::unique_ptr<Rows>> all(tables);
    for (auto& each : all) each = std::make_unique<Rows>();
    double const seconds = on_threads(threads, [&](unsigned thread) {
        std::uint64_t const first = keys.size() * thread / threads;
        std::uint64_t const last = keys.size() * (thread + 1) / threads;
        for (auto& each : all)
            for (std::uint64_t i = first; i != last; ++i) each->insert(keys[i], i);
    });
    return static_cast<double>(keys.size() * tables) / seconds / 1e6;
}

/// Calls `step(key, i)` for each thread's keys; millions of calls a second.
template <class Key, class Step>
double step_rate(std::vector<std::vector<Key>> const& drawn, unsigned threads, Step step) {
    double const seconds = on_threads(threads, [&](unsigned thread) {
        std::uint64_t i = 0;
        for (Key const& key : drawn[thread]) step(key, i++);
    });
    return static_cast<double>(drawn[0].size() * threads) / seconds / 1e6;
}

constexpr auto get_rate = [](auto& rows, auto const& drawn, unsigned threads) {
    return step_rate(drawn, threads, [&](auto const& key, std::uint64_t) { read_total = rows.get(key); });
};

constexpr auto mixed_rate = [](auto& rows, auto const& drawn, unsigned threads) {
    return step_rate(drawn, threads, [&](auto const& key, std::uint64_t i) {
        if (i % 10 == 3) {
            rows.assign(key, i);
        } else if (i % 10 == 7) {
            rows.erase(key);
            rows.insert(key, i);
        } else {
            read_total = rows.get(key);
        }
    });
};

/// Two contestants that are measured in turn; each goes first every other time.
struct duel {
    std::vector<double> first{};
    std::vector<double> second{};
    std::vector<double> ratios{};  ///< of the two of each turn, first ÷ second

    template <class First, class Second>
    static duel fight(int turns, First first, Second second) {
        duel d;
        for (int turn = 0; turn != turns; ++turn) {
            double a = 0;
            double b = 0;
            if (turn % 2 == 0) a = first(), b = second();
            if (turn % 2 != 0) b = second(), a = first();
            d.first.push_back(a);
            d.second.push_back(b);
            d.ratios.push_back(a / b);
        }
        return d;
    }
};

// ------------------------------------------------------------------------------------------- next to TBB

#if BENCH_HAS_TBB
std::vector<std::uint64_t> consecutive_keys(std::uint64_t count) {
    std::vector<std::uint64_t> keys(count);
    std::iota(keys.begin(), keys.end(), 0u);
    return keys;
}
std::vector<std::string> text_keys(std::uint64_t count) {
    std::vector<std::string> keys;
    for (std::uint64_t const number : random_keys(count))
        keys.push_back(fmt::format("session:{:016x}", number));
    return keys;
}

struct report {
    int rows = 0;
    int reached = 0;

    void add(std::string_view what, std::uint64_t keys, unsigned threads, duel const& d) {
        figure const ours = summarize(d.first);
        figure const theirs = summarize(d.second);
        figure const ratio = summarize(d.ratios);
        ++rows;
        reached += ratio.median >= 1.0;
        fmt::print(
            "  {:<28} {:>9} {:>7} {:>8.2f} ({:>5.2f}…{:<5.2f}) {:>8.2f} ({:>5.2f}…{:<5.2f}) {:>6.2f} "
            "({:.2f}…{:.2f})  {}\n",
            what, keys, threads, ours.median, ours.low, ours.high, theirs.median, theirs.low, theirs.high,
            ratio.median, ratio.low, ratio.high, ratio.median >= 1.0 ? "reached" : "NOT reached");
        std::fflush(stdout);
    }
};

struct effort {
    int turns;
    std::uint64_t calls;  ///< of each thread, in each turn
};

template <class Key>
void insert_duel(report& out, std::string_view what, std::vector<Key> const& keys, effort much) {
    std::uint64_t const tables = std::max<std::uint64_t>(1, much.calls / 4 / keys.size());
    for (unsigned const threads : {1u, 2u})
        out.add(what, keys.size(), threads,
                duel::fight(
                    much.turns, [&] { return insert_rate<our_rows<Key>>(keys, tables, threads); },
                    [&] { return insert_rate<tbb_rows<Key>>(keys, tables, threads); }));
}

template <class Key>
void call_duels(report& out, std::string_view kind, std::vector<Key> const& keys, effort much) {
    our_rows<Key> ours;
    tbb_rows<Key> theirs;
    for (std::uint64_t i = 0; i != keys.size(); ++i) {
        ours.insert(keys[i], i);
        theirs.insert(keys[i], i);
    }
    std::vector<std::vector<Key>> const drawn{draw(keys, much.calls, 1), draw(keys, much.calls, 2)};
    auto const add = [&](std::string_view what, auto rate) {
        for (unsigned const threads : {1u, 2u})
            out.add(fmt::format("{}{}", what, kind), keys.size(), threads,
                    duel::fight(
                        much.turns, [&] { return rate(ours, drawn, threads); },
                        [&] { return rate(theirs, drawn, threads); }));
    };
    add("get", get_rate);
    add("mixed", mixed_rate);
}

bool next_to_tbb(bool quick) {
    effort const much{quick ? 5 : 9, quick ? 500'000u : 1'000'000u};
    fmt::print(
        "\nhotswap::table next to tbb::concurrent_hash_map (million calls a second, median of {} alternating "
        "runs and their "
        "spread)\n  mixed: 80 % get, 10 % insert_or_assign, 10 % erase and insert\n",
        much.turns);
    fmt::print("  {:<28} {:>9} {:>7} {:>22} {:>22} {:>6} {:>12}  goal: ≥ 1.0\n", "", "rows", "threads",
               "hotswap::table", "TBB", "ratio", "");
    report out;
    for (std::uint64_t rows = 1'000; rows <= (quick ? 1'000'000u : 10'000'000u); rows *= 10) {
        auto const keys = random_keys(rows);
        call_duels(out, "", keys, much);
        insert_duel(out, "insert", keys, much);
    }
    std::uint64_t const one_size = quick ? 100'000 : 1'000'000;
    auto const texts = text_keys(one_size);
    call_duels(out, ", string keys", texts, much);
    insert_duel(out, "insert, string keys", texts, much);
    // TBB does not mix what std::hash gives: consecutive numbers go to consecutive buckets, without a collision.
    insert_duel(out, "insert, consecutive numbers", consecutive_keys(one_size), much);
    fmt::print("  goal reached in {} of {} rows\n", out.reached, out.rows);
    return out.reached == out.rows;
}
#else
bool next_to_tbb(bool) {
    fmt::print("\nhotswap::table next to tbb::concurrent_hash_map\n  {}\n", missing_peer("libtbb-dev"));
    return false;
}
#endif

// ------------------------------------------------------------------------------------------- the idle hook

struct hash_without_hook : hotswap::table_hash<std::uint64_t> {
    using has_no_hook = void;
};

using with_hook = our_rows<std::uint64_t>;
using without_hook = our_rows<std::uint64_t, hash_without_hook>;

/// The nanoseconds of a call, in each of many short slices.
template <class Rows, class Step>
class sliced {
public:
    sliced(std::vector<std::uint64_t> const& keys, Step step) : step_(step) {
        for (std::uint64_t i = 0; i != keys.size(); ++i) rows_.insert(keys[i], i);
    }
    void run(std::vector<std::vector<std::uint64_t>> const& slice) {
        double const rate =
            step_rate(slice, 1, [this](std::uint64_t key, std::uint64_t i) { step_(rows_, key, i); });
        nanoseconds_.push_back(1e3 / rate);
    }
    double median() const { return summarize(nanoseconds_).median; }

private:
    Rows rows_;
    Step step_;
    std::vector<double> nanoseconds_;
};

// Two new tables in each turn, made in either order, because the place of their memory is random; and
// many slices in turn, because the machine's speed changes from one moment to the next.
template <class Step>
bool hook_duel(std::string_view what, std::uint64_t rows, bool quick, Step step) {
    auto const keys = random_keys(rows);
    std::vector<std::vector<std::uint64_t>> const slice{draw(keys, 50'000, 1)};
    duel d;
    for (int turn = 0; turn != (quick ? 9 : 15); ++turn) {
        std::unique_ptr<sliced<with_hook, Step>> hooked;
        std::unique_ptr<sliced<without_hook, Step>> bare;
        if (turn % 2 == 0) hooked = std::make_unique<sliced<with_hook, Step>>(keys, step);
        bare = std::make_unique<sliced<without_hook, Step>>(keys, step);
        if (turn % 2 != 0) hooked = std::make_unique<sliced<with_hook, Step>>(keys, step);
        for (int i = 0; i != (quick ? 20 : 60); ++i) {
            if (i % 2 == 0) hooked->run(slice);
            bare->run(slice);
            if (i % 2 != 0) hooked->run(slice);
        }
        d.first.push_back(hooked->median());
        d.second.push_back(bare->median());
        d.ratios.push_back(d.first.back() / d.second.back());
    }
    auto const ours = summarize(d.first);
    auto const bare = summarize(d.second);
    auto const ratio = summarize(d.ratios);
    fmt::print(
        "  {:<16} {:>8} rows: {:.2f} ns ({:.2f}…{:.2f}), without the hook {:.2f} ns ({:.2f}…{:.2f}), ratio "
        "{:.3f} ({:.3f}…{:.3f})\n",
        what, rows, ours.median, ours.low, ours.high, bare.median, bare.low, bare.high, ratio.median,
        ratio.low, ratio.high);
    return judge_at_most(what, ratio.median, 1.05, "× the table without the hook");
}

bool idle_hook(bool quick) {
    fmt::print("\nthe price of a watcher that is not set (ns a call, pairs of tables, slices in turn)\n");
    bool reached = true;
    for (std::uint64_t const rows : {1'000u, 1'000'000u}) {
        if (quick && rows > 1'000) break;  // where memory does not dominate the cost, the hook may show
        reached = hook_duel("insert_or_assign", rows, quick,
                            [](auto& table, std::uint64_t key, std::uint64_t i) { table.assign(key, i); }) &&
                  reached;
        reached = hook_duel("visit", rows, quick,
                            [](auto& table, std::uint64_t key, std::uint64_t i) { table.visit(key, i); }) &&
                  reached;
    }
    return reached;
}

}  // namespace

bool measure_table(bool quick) {
    bool const as_fast = next_to_tbb(quick);
    bool const free_hook = idle_hook(quick);
    return as_fast && free_hook;
}

}  // namespace bench
