// The sixteen locked shards of a cache, for any policy.
#pragma once

#include "shared/clock.hpp"
#include "shared/sharding.hpp"

#include <hotswap/contracts/cache.hpp>

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::plugins {

/// A `Policy` for each shard of a state, each behind its lock.
template <class Policy>
class sharded_cache {
public:
    /// Builds the policies on the shards of a state; `bounds(index)` returns the bounds of each.
    template <class Shards, class Bounds>
    sharded_cache(Shards& shards, Bounds bounds) {
        for (std::size_t i = 0; i != shards.size(); ++i) lanes_.emplace_back(shards[i], bounds(i));
    }

    std::optional<std::string> get(std::string_view key, time now) {
        hashed_text const name(key);
        lane& at = lanes_[name.shard()];
        std::lock_guard const lock(at.mutex);
        std::string const* const found = at.policy.get(name, now);
        return found == nullptr ? std::nullopt : std::optional<std::string>(*found);
    }

    std::vector<std::optional<std::string>> get(std::span<std::string_view const> keys, time now) {
        std::vector<std::optional<std::string>> found;
        found.reserve(keys.size());
        for (auto const key : keys) found.push_back(get(key, now));
        return found;
    }

    void put(std::string_view key, std::string_view value, std::chrono::nanoseconds ttl, time now) {
        hashed_text const name(key);
        lane& at = lanes_[name.shard()];
        std::lock_guard const lock(at.mutex);
        at.policy.put(name, value, now + ttl, now);
    }

    void put(std::span<contracts::cache_entry const> entries, std::chrono::nanoseconds default_ttl,
             time now) {
        for (auto const& entry : entries) checked_ttl(entry.ttl, default_ttl);
        for (auto const& entry : entries)
            put(entry.key, entry.value, checked_ttl(entry.ttl, default_ttl), now);
    }

    bool erase(std::string_view key, time now) {
        hashed_text const name(key);
        lane& at = lanes_[name.shard()];
        std::lock_guard const lock(at.mutex);
        return at.policy.erase(name, now);
    }

    contracts::cache_statistics stats() {
        contracts::cache_statistics sum;
        each([&sum](Policy& policy, std::size_t) { policy.add_to(sum); });
        return sum;
    }

    void forget_expired(time now) {
        each([now](Policy& policy, std::size_t) { policy.forget_expired(now); });
    }

    /// Calls `f(policy, index)` for every shard, one lock at a time.
    template <class F>
    void each(F f) {
        for (std::size_t i = 0; i != lanes_.size(); ++i) {
            std::lock_guard const lock(lanes_[i].mutex);
            f(lanes_[i].policy, i);
        }
    }

private:
    struct alignas(64) lane {
        template <class Shard, class Bounds>
        lane(Shard& shard, Bounds const& bounds) : policy(shard, bounds) {}

        std::mutex mutex;
        Policy policy;  // guarded by mutex, and with it the shard of the state
    };

    std::deque<lane> lanes_;  // a deque, because a lane cannot move
};

/// The part of `total` for shard `index`; the parts add up to `total`.
constexpr std::uint64_t share_of(std::uint64_t total, std::size_t index) noexcept {
    return total / shard_count + (index < total % shard_count ? 1 : 0);
}

}  // namespace hotswap::plugins
