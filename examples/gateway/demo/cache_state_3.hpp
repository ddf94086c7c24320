// A copy of the state that the shipped cache writes since release 3.0.0: the author of a component's next
// version keeps the structs of earlier versions unchanged. The layout is checked, so a copy that differs is
// refused (layout_changed).
#pragma once

#include <hotswap/component.hpp>
#include <hotswap/table.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>

namespace faulty::v3 {

using time = std::chrono::sys_time<std::chrono::nanoseconds>;

struct config {
    std::uint64_t max_entries = 10'000;
    std::uint64_t byte_budget = std::uint64_t{64} << 20U;
    std::chrono::nanoseconds default_ttl = std::chrono::seconds{300};
    std::chrono::nanoseconds cleanup_interval = std::chrono::seconds{60};
    std::chrono::nanoseconds default_stale_for{0};
    std::chrono::nanoseconds negative_ttl = std::chrono::seconds{10};
    std::chrono::nanoseconds lease_time = std::chrono::seconds{10};
};

struct counts {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::uint64_t evictions = 0;
    std::uint64_t expirations = 0;
    std::uint64_t stale_hits = 0;
    std::uint64_t negative_hits = 0;
    std::uint64_t coalesced = 0;
    std::uint64_t disk_hits = 0;
    std::uint64_t disk_writes = 0;
    std::uint64_t disk_evictions = 0;
    std::uint64_t disk_errors = 0;
};

struct row {
    std::string value;
    time expires{};
    time stale_until{};
    std::uint64_t used = 0;
    std::uint8_t hits = 0;
    bool negative = false;
};

struct ghost {
    std::uint64_t used = 0;
    std::uint8_t hits = 0;
};

struct lease {
    std::uint64_t number = 0;
    time until{};
};

struct amount {
    std::uint64_t rows = 0;
    std::uint64_t heap = 0;
};

struct salt {
    std::uint64_t first = 0;
    std::uint64_t second = 0;
};

struct state {
    static constexpr hotswap::schema schema{"hotswap.cache", 3};

    v3::config config;
    hotswap::table<std::string, row, hotswap::seeded_hash> entries;
    hotswap::table<std::uint64_t, ghost> ghosts;
    hotswap::table<std::string, lease, hotswap::seeded_hash> leases;
    amount held;
    amount negative;
    amount leased;
    std::uint64_t ghosts_held = 0;
    v3::salt salt;
    std::uint64_t clock = 0;
    std::uint64_t leases_given = 0;
    std::uint64_t disk_epoch = 0;
    std::uint64_t disk_rows = 0;
    std::array<v3::counts, 16> counts;
};

}  // namespace faulty::v3
