// Between the states 2 and 3 of the rate limiter: plans, and penalties.
#pragma once

#include "rate_limiter/states/v2.hpp"
#include "rate_limiter/states/v3.hpp"

#include <cstddef>
#include <utility>

namespace hotswap::rate_limiter_states {

/// Keeps everything: the violations so far begin to decay at the client's arrival time. No plans, no
/// penalties.
inline v3::state upgrade_2_3(v2::state&& old) {
    v3::state now;
    now.config.client = old.config.client;
    now.config.global = old.config.global;
    now.global = old.global;
    for (std::size_t i = 0; i != old.stripes.size(); ++i)
        now.stripes[i] = {.admitted = old.stripes[i].admitted,
                          .refused = old.stripes[i].refused,
                          .refused_by_all = old.stripes[i].refused_by_all,
                          .penalties = 0,
                          .forgotten = old.stripes[i].forgotten};
    now.clients = std::move(old.clients).transform([](v2::client&& client) {
        return v3::client{.arrival = client.arrival,
                          .marked = client.arrival,
                          .violations = client.violations,
                          .blocked = false};
    });
    return now;
}

/// Keeps limits, bursts, violations and counts. Loses the plans, penalties, blocks and the count of
/// penalties; a client of a plan is judged by the client limit.
inline v2::state downgrade_3_2(v3::state&& now) {
    v2::state old;
    old.config.client = now.config.client;
    old.config.global = now.config.global;
    old.global = now.global;
    for (std::size_t i = 0; i != now.stripes.size(); ++i)
        old.stripes[i] = {.admitted = now.stripes[i].admitted,
                          .refused = now.stripes[i].refused,
                          .refused_by_all = now.stripes[i].refused_by_all,
                          .forgotten = now.stripes[i].forgotten};
    old.clients = std::move(now.clients).transform([](v3::client&& client) {
        return v2::client{.arrival = client.arrival, .violations = client.violations};
    });
    return old;
}

}  // namespace hotswap::rate_limiter_states
