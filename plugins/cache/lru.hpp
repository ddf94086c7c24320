// The policy of release 1.0.0: a full shard evicts the least recently used entry.
#pragma once

#include "cache/states/v1.hpp"
#include "shared/clock.hpp"
#include "shared/sharding.hpp"

#include <hotswap/contracts/cache.hpp>

#include <cstdint>
#include <list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>

namespace hotswap::plugins {

/// One shard with least-recently-used eviction: the order is in the state, the index into it is made anew.
/// Errors:   the constructor throws std::runtime_error for a state that holds a key twice.
/// Cost:     construction is linear in the entries.
class lru {
public:
    lru(cache_states::v1::shard& data, std::uint64_t capacity) : data_(data), capacity_(capacity) {
        index_.reserve(data_.entries.size());
        for (auto at = data_.entries.begin(); at != data_.entries.end(); ++at) {
            if (!index_.emplace(at->key, at).second) throw std::runtime_error("the state holds a key twice");
            bytes_ += at->key.size() + at->value.size();
        }
    }

    std::string const* get(hashed_text const& key, time now) {
        auto const found = index_.find(key);
        if (found == index_.end() || found->second->expires <= now) {
            ++data_.counts.misses;
            return nullptr;
        }
        ++data_.counts.hits;
        touch(found->second);
        return &found->second->value;
    }

    void put(hashed_text const& key, std::string_view value, time expires, time) {
        if (auto const found = index_.find(key); found != index_.end()) {
            auto& entry = *found->second;
            std::uint64_t const before = entry.value.size();
            entry.value = value;
            entry.expires = expires;
            bytes_ += value.size() - before;
            touch(found->second);
            return;
        }
        evict_down_to(capacity_ - 1);
        std::list<cache_states::v1::entry> made;
        made.push_back({std::string(key.text), std::string(value), expires});
        index_.emplace(made.front().key, made.begin());
        data_.entries.splice(data_.entries.begin(), made);
        bytes_ += key.text.size() + value.size();
    }

    bool erase(hashed_text const& key, time now) {
        auto const found = index_.find(key);
        if (found == index_.end()) return false;
        bool const live = found->second->expires > now;
        forget(found->second);
        return live;
    }

    void forget_expired(time now) {
        for (auto at = data_.entries.begin(); at != data_.entries.end();) {
            auto const here = at++;
            if (here->expires <= now) forget(here);
        }
        evict_down_to(capacity_);
    }

    /// Sets the shard's maximum number of entries, at least 1.
    void bound(std::uint64_t capacity) {
        capacity_ = capacity;
        evict_down_to(capacity);
    }

    void add_to(contracts::cache_statistics& sum) const {
        sum.entries += data_.entries.size();
        sum.bytes += bytes_;
        sum.hits += data_.counts.hits;
        sum.misses += data_.counts.misses;
        sum.evictions += data_.counts.evictions;
    }

private:
    using position = std::list<cache_states::v1::entry>::iterator;

    void touch(position at) { data_.entries.splice(data_.entries.begin(), data_.entries, at); }

    void evict_down_to(std::uint64_t entries) {
        while (data_.entries.size() > entries) {
            forget(--data_.entries.end());
            ++data_.counts.evictions;
        }
    }

    void forget(position at) {
        bytes_ -= at->key.size() + at->value.size();
        index_.erase(index_.find(std::string_view(at->key)));
        data_.entries.erase(at);
    }

    cache_states::v1::shard& data_;
    std::unordered_map<std::string_view, position, text_hash, text_equal>
        index_;  // its keys are the entries' own
    std::uint64_t capacity_;
    std::uint64_t bytes_ = 0;
};

}  // namespace hotswap::plugins
