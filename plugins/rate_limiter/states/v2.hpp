// The rate limiter's state 2. Frozen: release 2.0.0 writes it.
#pragma once

#include "rate_limiter/states/v1.hpp"

#include <hotswap/detail/abi/chrono.hpp>
#include <hotswap/detail/state/schema.hpp>
#include <hotswap/table.hpp>

#include <array>
#include <cstdint>
#include <string>

namespace hotswap::rate_limiter_states::v2 {

using v1::config;
using v1::counts;
using v1::limit;
using v1::time;

struct client {
    time arrival{};                ///< the theoretical arrival time: when the burst is whole
    std::uint32_t violations = 0;  ///< refusals by its own limit since its burst was last whole
};

struct state {
    static constexpr hotswap::schema schema{"hotswap.rate_limiter", 2};

    v1::config config;
    time global{};  ///< the theoretical arrival time over all clients; unused without config.global
    std::array<counts, 16> stripes;
    hotswap::table<std::string, client, hotswap::seeded_hash> clients;
};

}  // namespace hotswap::rate_limiter_states::v2
