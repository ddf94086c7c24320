// The table of releases 0.1.0 and 1.0.0: sessions by token, or by the hash of a token that release 2
// issued.
#pragma once

#include "session/token.hpp"
#include "shared/sharding.hpp"

#include <array>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>

namespace hotswap::plugins {

/// Locked access to the shards of a state; `Map` is the map of tokens within each.
template <class Map>
class token_table {
public:
    /// `map_of(shard)` is the map within a shard of the state.
    template <class Shards, class MapOf>
    token_table(Shards& shards, MapOf map_of) {
        for (std::size_t i = 0; i != shard_count; ++i) maps_[i] = &map_of(shards[i]);
    }

    /// Calls `f(map, position, shard)` under the shard's lock for the session of `token`; false without one.
    /// A text in the stored form is no token: otherwise a reader of a snapshot could use it to log in.
    /// Cost:     a token that is not stored as text costs a SHA-256 and a second lookup.
    template <class F>
    bool with(std::string_view token, F f) {
        if (is_stored_form(token)) return false;
        return with_key(token, f) || with_key(stored_form(hash_of(token)), f);
    }

    /// Calls `f(map, shard)` for the shard of `key`, under its lock.
    template <class F>
    void in_shard_of(std::string_view key, F f) {
        std::size_t const shard = hashed_text(key).shard();
        std::lock_guard const lock(locks_[shard].mutex);
        f(*maps_[shard], shard);
    }

    /// Calls `f(map, shard)` for every shard, one lock at a time.
    template <class F>
    void each(F f) {
        for (std::size_t i = 0; i != shard_count; ++i) {
            std::lock_guard const lock(locks_[i].mutex);
            f(*maps_[i], i);
        }
    }

private:
    template <class F>
    bool with_key(std::string_view text, F& f) {
        hashed_text const key(text);
        std::lock_guard const lock(locks_[key.shard()].mutex);
        Map& map = *maps_[key.shard()];
        auto const found = map.find(key);
        if (found == map.end()) return false;
        f(map, found, key.shard());
        return true;
    }

    std::array<Map*, shard_count> maps_{};
    std::array<shard_mutex, shard_count> locks_;  // locks_[i] guards maps_[i] and the rest of shard i
};

}  // namespace hotswap::plugins
