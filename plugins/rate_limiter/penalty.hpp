// Violations, their decay and the block that they lead to: a client's row of release 3.0.0.
#pragma once

#include "rate_limiter/states/v3.hpp"
#include "shared/clock.hpp"

#include <algorithm>
#include <cstdint>

namespace hotswap::plugins {

/// The end of the client's block; `now` or earlier if it is not blocked. At most a whole block away: the
/// clock may have stepped back, or the penalty may be another.
inline time block_end(rate_limiter_states::v3::client const& client,
                      rate_limiter_states::v3::penalty const& penalty, time now) noexcept {
    return client.blocked ? std::min(client.marked, now + penalty.block) : now;
}

/// The time since which the violations of a client that is not blocked have been decaying.
inline time decaying_since(rate_limiter_states::v3::client const& client, time now) noexcept {
    return std::clamp(client.marked, std::min(time{}, now), now);
}

/// The violations of a client that is not blocked, as far as they have not decayed at `now`.
inline std::uint32_t violations_left(rate_limiter_states::v3::client const& client,
                                     rate_limiter_states::v3::penalty const& penalty, time now) noexcept {
    auto const counting = std::min(client.violations, penalty.violations);
    auto const decayed = (now - decaying_since(client, now)) / penalty.decay;
    return decayed >= counting ? 0 : counting - static_cast<std::uint32_t>(decayed);
}

/// Brings the row up to `now`: a block that is over ends, and decayed violations are forgotten.
inline void pardon(rate_limiter_states::v3::client& client, rate_limiter_states::v3::penalty const& penalty,
                   time now) noexcept {
    if (client.blocked) {
        client.marked = block_end(client, penalty, now);
        client.blocked = client.marked > now;
        return;
    }
    auto const since = decaying_since(client, now);
    client.violations = violations_left(client, penalty, now);
    client.marked = client.violations == 0 ? now : now - (now - since) % penalty.decay;
}

/// Counts a violation of a client that is not blocked; returns whether a block begins. Its row is up to
/// `now`.
inline bool violate(rate_limiter_states::v3::client& client, rate_limiter_states::v3::penalty const& penalty,
                    time now) noexcept {
    if (client.violations == 0) client.marked = now;
    if (++client.violations < penalty.violations) return false;
    client.violations = 0;
    client.blocked = true;
    client.marked = now + penalty.block;
    return true;
}

}  // namespace hotswap::plugins
