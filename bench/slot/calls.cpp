// A call through a handle, next to a plain virtual call and to other libraries' guarded calls.
#if BENCH_HAS_URCU
#define _LGPL_SOURCE
#define URCU_INLINE_SMALL_FUNCTIONS
#include <urcu/urcu-memb.h>
#endif

#include "components/counter.hpp"
#include "harness/figures.hpp"
#include "harness/measurements.hpp"
#include "harness/missing.hpp"

#include <hotswap/runtime.hpp>

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <barrier>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <vector>

namespace bench {

namespace {

constexpr std::uint64_t calls_per_run = 4'000'000;

double nanoseconds_per_call(std::chrono::steady_clock::duration took) {
    return std::chrono::duration<double, std::nano>(took).count() / static_cast<double>(calls_per_run);
}

// Every call's result is the next call's argument, so that the compiler cannot omit or move a call.
template <class Call>
double run(Call call) {
    auto const began = std::chrono::steady_clock::now();
    std::uint64_t value = 0;
    for (std::uint64_t i = 0; i != calls_per_run; ++i) value = call(value);
    auto const took = std::chrono::steady_clock::now() - began;
    if (value != calls_per_run) fmt::print("lost calls: {} of {}\n", calls_per_run - value, calls_per_run);
    return nanoseconds_per_call(took);
}

// liburcu's readers register their thread once, outside of the measured call.
struct reader_of_urcu {
#if BENCH_HAS_URCU
    reader_of_urcu() { urcu_memb_register_thread(); }
    ~reader_of_urcu() { urcu_memb_unregister_thread(); }
    reader_of_urcu(reader_of_urcu const&) = delete;
#endif
};

template <class Call>
double run_on(unsigned threads, Call call) {
    std::vector<double> each(threads);
    std::barrier together(static_cast<std::ptrdiff_t>(threads));
    std::vector<std::thread> crew;
    for (unsigned t = 0; t != threads; ++t)
        crew.emplace_back([&, t] {
            [[maybe_unused]] reader_of_urcu const registered;
            together.arrive_and_wait();
            each[t] = run(call);
        });
    for (auto& member : crew) member.join();
    return summarize(each).high;
}

struct contestant {
    char const* name;
    std::function<double(unsigned)> measure{};  ///< empty: the peer is missing
    std::vector<double> samples{};
};

struct guarded_pointers {
    explicit guarded_pointers(counter* plain)
        : target(plain), shared(std::shared_ptr<counter>(plain, [](counter*) {})) {}

    std::atomic<counter*> target;
    std::shared_mutex mutex;
    std::atomic<std::shared_ptr<counter>> shared;
};

std::vector<contestant> contestants(hotswap::handle<counter> const& handle, counter* plain,
                                    guarded_pointers& guards) {
    return {
        {"virtual call",
         [plain](unsigned n) { return run_on(n, [plain](auto v) { return plain->next(v); }); }},
            {"hotswap handle",
             [&handle](unsigned n) { return run_on(n, [handle](auto v) { return handle->next(v); }); }},
#if BENCH_HAS_URCU
            {"liburcu (memb)",
             [&guards](unsigned n) {
                 return run_on(n, [&guards](auto v) {
                     urcu_memb_read_lock();
                     auto const result = guards.target.load(std::memory_order_consume)->next(v);
                     urcu_memb_read_unlock();
                     return result;
                 });
             }},
#else
        {"liburcu (memb)"},
#endif
            {"std::shared_mutex",
             [&guards](unsigned n) {
                 return run_on(n, [&guards](auto v) {
                     std::shared_lock const lock(guards.mutex);
                     return guards.target.load(std::memory_order_relaxed)->next(v);
                 });
             }},
            {"std::atomic<std::shared_ptr>", [&guards](unsigned n) {
                 return run_on(n, [&guards](auto v) { return guards.shared.load()->next(v); });
             }},
    };
}

}  // namespace

bool measure_calls(int rounds) {
    hotswap::runtime runtime{{.modules = BENCH_MODULES, .rehearse = hotswap::rehearse::never}};
    auto const handle = runtime.load<counter>("bench_counter").value();
    auto const held = handle.share();
    counter* const plain = &*held;
    guarded_pointers guards(plain);

    bool reached = true;
    for (unsigned const threads : std::array{1u, 2u}) {
        auto all = contestants(handle, plain, guards);
        for (int round = 0; round != rounds; ++round)
            for (auto& each : all)
                if (each.measure) each.samples.push_back(each.measure(threads));
        double const base = summarize(all.front().samples).median;
        fmt::print("\na call, {} thread{} (ns, median of {} interleaved runs of {} calls)\n", threads,
                   threads == 1 ? "" : "s", rounds, calls_per_run);
        fmt::print("  {:<30} {:>8} {:>17} {:>16}\n", "", "ns", "lowest…highest", "× virtual call");
        for (auto const& each : all) {
            if (!each.measure) {
                fmt::print("  {:<30} {}\n", each.name, missing_peer("liburcu-dev"));
                continue;
            }
            auto const f = summarize(each.samples);
            fmt::print("  {:<30} {:>8.2f} {:>8.2f}…{:<8.2f} {:>16.2f}\n", each.name, f.median, f.low, f.high,
                       f.median / base);
        }
        double const ratio = summarize(all[1].samples).median / base;
        reached = judge_at_most("a call through a handle", ratio, 1.2, "× a virtual call") && reached;
    }
    return reached;
}

}  // namespace bench
