// The rate limiter's state 3. Frozen: release 3.0.0 writes it.
#pragma once

#include "rate_limiter/states/v2.hpp"

#include <hotswap/detail/abi/chrono.hpp>
#include <hotswap/detail/state/schema.hpp>
#include <hotswap/table.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hotswap::rate_limiter_states::v3 {

using v2::limit;
using v2::time;

struct penalty {
    std::uint32_t violations = 100;
    std::chrono::nanoseconds decay = std::chrono::seconds{10};
    std::chrono::nanoseconds block = std::chrono::minutes{1};
};

struct plan {
    std::string name;
    v0::limit limit;
    std::optional<v3::penalty> penalty;
};

struct config {
    v0::limit client;
    std::optional<v0::limit> global;
    std::optional<v3::penalty> penalty;
    std::vector<plan> clients;   ///< by the whole name; sorted by name
    std::vector<plan> prefixes;  ///< sorted by name
};

struct client {
    time arrival{};  ///< the theoretical arrival time: when the burst is whole
    time marked{};   ///< the end of the block if it is blocked, else the time as of which `violations` count
    std::uint32_t violations = 0;
    bool blocked = false;
};

/// One of the stripes that threads count in, on its own cache line.
struct alignas(64) counts {
    std::uint64_t admitted = 0;
    std::uint64_t refused = 0;
    std::uint64_t refused_by_all = 0;
    std::uint64_t penalties = 0;
    std::uint64_t forgotten = 0;
};

struct state {
    static constexpr hotswap::schema schema{"hotswap.rate_limiter", 3};

    v3::config config;
    time global{};  ///< the theoretical arrival time over all clients; unused without config.global
    std::array<counts, 16> stripes;
    hotswap::table<std::string, client, hotswap::seeded_hash> clients;
};

}  // namespace hotswap::rate_limiter_states::v3
