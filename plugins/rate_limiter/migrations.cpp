#include "rate_limiter/migrations.hpp"

#include "rate_limiter/pace.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <utility>

namespace hotswap::rate_limiter_states {

namespace {

using plugins::pace;

template <class Into, class From, class Convert>
void move_entries(Into& into, From& from, Convert convert) {
    into.reserve(from.size());
    while (!from.empty()) {
        auto node = from.extract(from.begin());
        into.emplace(std::move(node.key()), convert(node.mapped()));
    }
}

pace pace_of(v0::limit const& limit) {
    plugins::check_limit(limit);  // a state may come from a file
    return pace(limit);
}

// No limiter ever wrote a time that overflows the clock.
v2::time later_by(v2::time when, std::int64_t steps, pace const& pace) {
    using duration = v2::time::duration;
    std::int64_t span = 0;
    std::int64_t ticks = 0;
    if (__builtin_mul_overflow(steps, std::chrono::nanoseconds(pace.interval).count(), &span) ||
        __builtin_add_overflow(when.time_since_epoch().count(),
                               std::chrono::duration_cast<duration>(std::chrono::nanoseconds(span)).count(),
                               &ticks))
        throw std::range_error("a bucket's times are outside the range of the clock: the state is damaged");
    return v2::time(duration(ticks));
}

v2::time arrival_of(v1::bucket const& bucket, pace const& pace) {
    auto const missing = static_cast<std::int64_t>(pace.burst) - static_cast<std::int64_t>(bucket.tokens);
    return later_by(bucket.refilled, missing, pace);
}

v1::bucket bucket_of(v2::time arrival, pace const& pace) {
    return {.tokens = 0, .refilled = later_by(arrival, -static_cast<std::int64_t>(pace.burst), pace)};
}

}  // namespace

v1::state upgrade_0_1(v0::state&& old) {
    v1::state now;
    now.config.client = old.client;
    for (std::size_t i = 0; i != old.shards.size(); ++i)
        move_entries(now.shards[i].clients, old.shards[i],
                     [](v0::bucket const& b) { return v1::client{.bucket = b}; });
    return now;
}

v0::state downgrade_1_0(v1::state&& now) {
    v0::state old;
    old.client = now.config.client;
    for (std::size_t i = 0; i != now.shards.size(); ++i)
        move_entries(old.shards[i], now.shards[i].clients, [](v1::client const& c) { return c.bucket; });
    return old;
}

v2::state upgrade_1_2(v1::state&& old) {
    v2::state now;
    now.config = old.config;
    if (old.config.global) now.global = arrival_of(old.global, pace_of(*old.config.global));
    now.last_cleanup = old.last_cleanup;
    pace const clients = pace_of(old.config.client);
    for (std::size_t i = 0; i != old.shards.size(); ++i) {
        move_entries(now.shards[i].clients, old.shards[i].clients, [&clients](v1::client const& c) {
            return v2::client{.arrival = arrival_of(c.bucket, clients), .violations = c.violations};
        });
        now.shards[i].admitted = old.shards[i].admitted;
        now.shards[i].refused = old.shards[i].refused;
    }
    return now;
}

v1::state downgrade_2_1(v2::state&& now) {
    v1::state old;
    old.config = now.config;
    if (now.config.global) old.global = bucket_of(now.global, pace_of(*now.config.global));
    old.last_cleanup = now.last_cleanup;
    pace const clients = pace_of(now.config.client);
    for (std::size_t i = 0; i != now.shards.size(); ++i) {
        move_entries(old.shards[i].clients, now.shards[i].clients, [&clients](v2::client const& c) {
            return v1::client{.bucket = bucket_of(c.arrival, clients), .violations = c.violations};
        });
        old.shards[i].admitted = now.shards[i].admitted;
        old.shards[i].refused = now.shards[i].refused;
    }
    return old;
}

}  // namespace hotswap::rate_limiter_states
