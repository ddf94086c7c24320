// The policy of release 2.0.0: S3-FIFO, with which a scan does not evict used entries.
// Source: J. Yang, Y. Zhang, Z. Qiu, Y. Yue, K. V. Rashmi: FIFO queues are all you need for cache eviction.
//         SOSP 2023.
#pragma once

#include "cache/states/v2.hpp"
#include "shared/clock.hpp"
#include "shared/sharding.hpp"

#include <hotswap/contracts/cache.hpp>

#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace hotswap::plugins {

/// The bounds of one shard.
struct s3_bounds {
    std::uint64_t entries = 0;
    std::uint64_t bytes = 0;
};

/// One shard: new keys enter the small queue (a tenth). A key that is used there moves to the main queue;
/// others are evicted, and enter the main queue if they return soon. The queues are in the state, the index
/// is not.
/// Errors:   the constructor throws std::runtime_error for a state that holds a key twice.
/// Cost:     construction is linear in the entries; a hit moves nothing.
class s3_fifo {
public:
    s3_fifo(cache_states::v2::shard& data, s3_bounds const& bounds);

    std::string const* get(hashed_text const& key, time now);
    void put(hashed_text const& key, std::string_view value, time expires, time now);
    bool erase(hashed_text const& key, time now);
    void forget_expired(time now);
    /// Sets the shard's bounds, and evicts the entries above them.
    void bound(s3_bounds const& bounds);
    void add_to(contracts::cache_statistics& sum) const;

private:
    using queue = std::list<cache_states::v2::entry>;

    struct place {
        queue::iterator at;
        bool in_main = false;
    };
    using index = std::unordered_map<std::string_view, place, text_hash, text_equal>;

    void insert(hashed_text const& key, cache_states::v2::entry&& entry);
    void make_room(std::uint64_t entries, std::uint64_t bytes, time now);
    void evict_one(time now);
    void evict_from_small(time now);
    void evict_from_main(time now);
    void forget(index::iterator found);
    void remember_ghost(std::uint64_t hash);
    void forget_ghost(std::uint64_t hash);
    void trim_ghosts();
    std::uint64_t& bytes_of(bool in_main) { return in_main ? main_bytes_ : small_bytes_; }

    cache_states::v2::shard& data_;
    index index_;  // its keys are the entries' own
    std::unordered_map<std::uint64_t, std::list<std::uint64_t>::iterator> ghost_index_;
    s3_bounds bounds_;
    std::uint64_t small_bytes_ = 0;
    std::uint64_t main_bytes_ = 0;
};

}  // namespace hotswap::plugins
