// The rate limiter's legacy state, from before states had versions. Frozen: release 0.1.0 writes it.
#pragma once

#include <hotswap/detail/abi/chrono.hpp>
#include <hotswap/table.hpp>

#include <cstdint>
#include <string>

namespace hotswap::rate_limiter_states::v0 {

using time = std::chrono::sys_time<std::chrono::nanoseconds>;

struct limit {
    std::uint32_t tokens = 100;
    std::chrono::nanoseconds per = std::chrono::seconds{1};
    std::uint32_t burst = 100;
};

/// Lacks `missing` tokens as of `refilled`; one comes back in each `interval`. The interval is that of the
/// limit when the bucket was last written: new limits need not write the buckets.
struct bucket {
    std::uint32_t missing = 0;
    std::chrono::nanoseconds interval{};
    time refilled{};
};

struct state {
    limit client;
    hotswap::table<std::string, bucket, hotswap::seeded_hash> clients;
};

}  // namespace hotswap::rate_limiter_states::v0
