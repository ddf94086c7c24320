#include "app/fill.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>

namespace gateway {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::hours lifetime{12};
constexpr std::uint64_t sessions_of_a_user = 4;
constexpr std::uint64_t room_for_callers = 100'000;  // what callers add to what is filled in

/// Calls `one(i)` for each number below `count`, and prints the progress once a second.
template <class F>
void repeat(std::string_view what, std::uint64_t count, F one) {
    auto const begin = clock::now();
    auto last = begin;
    for (std::uint64_t i = 0; i != count; ++i) {
        one(i);
        if (i % 1024 != 0) continue;
        auto const now = clock::now();
        if (now - last < std::chrono::seconds{1}) continue;
        last = now;
        fmt::print("filling: {} of {} {}\n", i, count, what);
        std::fflush(stdout);
    }
    fmt::print("filled: {} {} in {:.1f} s\n", count, what,
               std::chrono::duration<double>(clock::now() - begin).count());
    std::fflush(stdout);
}

}  // namespace

void fill(std::uint64_t each, hotswap::handle<hotswap::contracts::rate_limiter> const& limiter,
          hotswap::handle<hotswap::contracts::session> const& sessions,
          hotswap::handle<hotswap::contracts::cache> const& cache) {
    auto const settings = cache->current_settings();
    auto wanted = decltype(settings){.max_entries = each + room_for_callers};
    if (settings.byte_budget)
        wanted.byte_budget = std::max<std::uint64_t>(*settings.byte_budget, (each + room_for_callers) * 512);
    cache->configure(wanted);
    repeat("sessions", each, [&](std::uint64_t i) {
        sessions->open(fmt::format("resident-{}", i / sessions_of_a_user), lifetime);
    });
    repeat("clients", each, [&](std::uint64_t i) { limiter->acquire(fmt::format("resident-{}", i)); });
    repeat("items", each, [&](std::uint64_t i) {
        auto const key = fmt::format("resident {}", i);
        cache->put(key, fmt::format("0 the value of {}", key), lifetime);
    });
}

}  // namespace gateway
