// Code around the verdict that all releases of the rate limiter share.
#pragma once

#include "rate_limiter/pace.hpp"
#include "shared/sharding.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <stdexcept>
#include <string>

namespace hotswap::plugins {

/// One lock for each shard of a state.
using shard_locks = std::array<shard_mutex, shard_count>;

/// Locks all shards, for a change of the limits, on which every verdict depends.
/// Threads:  [any] the locks are taken in one order, and nothing else takes two of them.
class all_shards {
public:
    explicit all_shards(shard_locks& locks) {
        for (std::size_t i = 0; i != locks.size(); ++i) held_[i] = std::unique_lock(locks[i].mutex);
    }

private:
    std::array<std::unique_lock<std::mutex>, shard_count> held_;
};

/// Judges a batch by `admit(request)`, in order.
template <class Admit>
void judge_each(std::span<contracts::rate_request const> requests,
                std::span<contracts::rate_verdict> verdicts, Admit admit) {
    if (requests.size() != verdicts.size())
        throw std::invalid_argument("a batch of " + std::to_string(requests.size()) +
                                    " requests came with room for " + std::to_string(verdicts.size()) +
                                    " verdicts; give both the same size");
    for (std::size_t i = 0; i != requests.size(); ++i) verdicts[i] = admit(requests[i]);
}

/// The refusal by the global limit: `client`'s remaining tokens, and the time until the global limit has room
/// again.
constexpr contracts::rate_verdict refused_by_all(contracts::rate_verdict client, contracts::rate_verdict all,
                                                 std::uint32_t cost) noexcept {
    return {.allowed = false, .remaining = client.remaining + cost, .retry_after = all.retry_after};
}

}  // namespace hotswap::plugins
