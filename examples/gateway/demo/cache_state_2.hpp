// A copy of the state that the shipped cache writes since release 2.0.0: the author of a component's next
// version keeps the structs of earlier versions unchanged. The layout is checked, so a copy that differs is
// refused (layout_changed).
#pragma once

#include <hotswap/component.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <list>
#include <string>

namespace faulty::v2 {

using time = std::chrono::sys_time<std::chrono::nanoseconds>;

struct config {
    std::uint64_t max_entries = 10'000;
    std::uint64_t byte_budget = std::uint64_t{64} << 20U;
    std::chrono::nanoseconds default_ttl = std::chrono::seconds{300};
    std::chrono::nanoseconds cleanup_interval = std::chrono::seconds{60};
};

struct counts {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::uint64_t evictions = 0;
};

struct entry {
    std::string key;
    std::string value;
    time expires{};
    std::uint64_t hits = 0;
    std::uint64_t cost = 0;
    std::uint8_t recent = 0;
};

struct shard {
    std::list<entry> small;
    std::list<entry> main;
    std::list<std::uint64_t> ghosts;
    v2::counts counts;
};

struct state {
    static constexpr hotswap::schema schema{"hotswap.cache", 2};

    v2::config config;
    time last_cleanup{};
    std::array<shard, 16> shards;
};

}  // namespace faulty::v2
