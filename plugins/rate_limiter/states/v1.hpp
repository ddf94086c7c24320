// The rate limiter's state 1. Frozen: release 1.0.0 writes it.
#pragma once

#include "rate_limiter/states/v0.hpp"

#include <hotswap/detail/abi/chrono.hpp>
#include <hotswap/detail/state/schema.hpp>
#include <hotswap/table.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace hotswap::rate_limiter_states::v1 {

using v0::bucket;
using v0::limit;
using v0::time;

struct config {
    v0::limit client;
    std::optional<v0::limit> global;
};

struct client {
    v0::bucket bucket;
    std::uint32_t violations = 0;  ///< refusals by its own limit since its bucket was last full
};

/// One of the stripes that threads count in, on its own cache line.
struct alignas(64) counts {
    std::uint64_t admitted = 0;
    std::uint64_t refused = 0;
    std::uint64_t refused_by_all = 0;
    std::uint64_t forgotten = 0;
};

struct state {
    static constexpr hotswap::schema schema{"hotswap.rate_limiter", 1};

    v1::config config;
    time global{};  ///< when the bucket over all clients is full; unused without config.global
    std::array<counts, 16> stripes;
    hotswap::table<std::string, client, hotswap::seeded_hash> clients;
};

}  // namespace hotswap::rate_limiter_states::v1
