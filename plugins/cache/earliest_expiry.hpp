// The policy of release 0.1.0: a full shard evicts the entry that expires first.
#pragma once

#include "cache/states/v0.hpp"
#include "shared/clock.hpp"
#include "shared/sharding.hpp"

#include <hotswap/contracts/cache.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace hotswap::plugins {

/// One shard of the legacy cache.
/// Cost:     a logarithmic lookup; an insertion into a full shard scans it.
class earliest_expiry {
public:
    earliest_expiry(cache_states::v0::shard& data, std::uint64_t capacity)
        : data_(data), capacity_(capacity) {
        for (auto const& [key, entry] : data_) bytes_ += key.size() + entry.value.size();
    }

    std::string const* get(hashed_text const& key, time now) {
        auto const found = data_.find(key.text);
        return found == data_.end() || found->second.expires <= now ? nullptr : &found->second.value;
    }

    void put(hashed_text const& key, std::string_view value, time expires, time) {
        if (auto const found = data_.find(key.text); found != data_.end()) {
            std::uint64_t const before = found->second.value.size();
            found->second.value = value;
            found->second.expires = expires;
            bytes_ += value.size() - before;
            return;
        }
        while (data_.size() >= capacity_) forget(first_to_expire());
        data_.emplace(key.text, cache_states::v0::entry{std::string(value), expires});
        bytes_ += key.text.size() + value.size();
    }

    bool erase(hashed_text const& key, time now) {
        auto const found = data_.find(key.text);
        if (found == data_.end()) return false;
        bool const live = found->second.expires > now;
        forget(found);
        return live;
    }

    void forget_expired(time now) {
        for (auto at = data_.begin(); at != data_.end();) {
            auto const here = at++;
            if (here->second.expires <= now) forget(here);
        }
    }

    void add_to(contracts::cache_statistics& sum) const {
        sum.entries += data_.size();
        sum.bytes += bytes_;
    }

private:
    using position = cache_states::v0::shard::iterator;

    position first_to_expire() {
        return std::min_element(data_.begin(), data_.end(), [](auto const& a, auto const& b) {
            return a.second.expires < b.second.expires;
        });
    }

    void forget(position at) {
        bytes_ -= at->first.size() + at->second.value.size();
        data_.erase(at);
    }

    cache_states::v0::shard& data_;
    std::uint64_t const capacity_;
    std::uint64_t bytes_ = 0;
};

}  // namespace hotswap::plugins
