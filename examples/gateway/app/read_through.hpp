// The cache in front of the origin: fetches a missing key once, for all requests that wait for it.
#pragma once

#include "app/origin.hpp"

#include <hotswap/contracts/cache.hpp>
#include <hotswap/detail/slot/handle.hpp>

#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace gateway {

/// Threads:  [any]
class read_through {
public:
    /// Gets the item, if the origin has it, and whether the cache had it.
    using deliver = std::function<void(std::optional<item> const& found, bool cached)>;

    read_through(hotswap::handle<hotswap::contracts::cache> cache, origin& behind)
        : cache_(std::move(cache)), origin_(behind) {}

    /// Calls `done` at once if the cache has `key`, else when the origin has answered.
    void get(std::string const& key, deliver done);

private:
    void arrived(std::string const& key, std::optional<item> const& found);

    hotswap::handle<hotswap::contracts::cache> cache_;
    origin& origin_;
    std::mutex mutex_;
    std::unordered_map<std::string, std::vector<deliver>> waiting_;  // guarded by mutex_
};

}  // namespace gateway
