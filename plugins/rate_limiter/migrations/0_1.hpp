// Between the states 0 and 1 of the rate limiter: a limit over all clients, violations, counts.
#pragma once

#include "rate_limiter/states/v0.hpp"
#include "rate_limiter/states/v1.hpp"

#include <utility>

namespace hotswap::rate_limiter_states {

/// Keeps limit and buckets; no global limit, counts from 0.
inline v1::state upgrade_0_1(v0::state&& old) {
    v1::state now;
    now.config.client = old.client;
    now.clients = std::move(old.clients).transform([](v0::bucket&& bucket) {
        return v1::client{.bucket = bucket, .violations = 0};
    });
    return now;
}

/// Keeps limit and buckets. Loses the global limit, the violations and the counts.
inline v0::state downgrade_1_0(v1::state&& now) {
    v0::state old;
    old.client = now.config.client;
    old.clients = std::move(now.clients).transform([](v1::client&& client) { return client.bucket; });
    return old;
}

}  // namespace hotswap::rate_limiter_states
