// Between the states 1 and 2 of the rate limiter: each bucket becomes the time at which it is full.
#pragma once

#include "rate_limiter/states/v1.hpp"
#include "rate_limiter/states/v2.hpp"
#include "rate_limiter/token_bucket.hpp"

#include <utility>

namespace hotswap::rate_limiter_states {

/// Keeps everything: the same verdicts to the nanosecond.
inline v2::state upgrade_1_2(v1::state&& old) {
    v2::state now;
    now.config = old.config;
    now.global = old.global;
    now.stripes = old.stripes;
    now.clients = std::move(old.clients).transform([](v1::client&& client) {
        return v2::client{.arrival = plugins::full_at(client.bucket), .violations = client.violations};
    });
    return now;
}

/// Keeps everything: an arrival time is a bucket that was empty a whole burst of the client limit earlier.
inline v1::state downgrade_2_1(v2::state&& now) {
    v1::state old;
    old.config = now.config;
    old.global = now.global;
    old.stripes = now.stripes;
    old.clients = std::move(now.clients)
                      .transform(
                          [](v2::client&& client, v0::limit const& limit) {
                              return v1::client{.bucket = plugins::empty_before(client.arrival, limit),
                                                .violations = client.violations};
                          },
                          now.config.client);
    return old;
}

}  // namespace hotswap::rate_limiter_states
