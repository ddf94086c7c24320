#include "cache/s3_fifo.hpp"

#include "cache/migrations.hpp"

#include <stdexcept>
#include <utility>

namespace hotswap::plugins {

using cache_states::entry_overhead;
using cache_states::v2::entry;

s3_fifo::s3_fifo(cache_states::v2::shard& data, s3_bounds const& bounds) : data_(data), bounds_(bounds) {
    index_.reserve(data_.small.size() + data_.main.size());
    for (bool const in_main : {false, true}) {
        queue& entries = in_main ? data_.main : data_.small;
        for (auto at = entries.begin(); at != entries.end(); ++at) {
            if (!index_.emplace(at->key, place{at, in_main}).second)
                throw std::runtime_error("the state holds a key twice");
            bytes_of(in_main) += at->cost;
        }
    }
    for (auto at = data_.ghosts.begin(); at != data_.ghosts.end(); ++at)
        if (!ghost_index_.emplace(*at, at).second) throw std::runtime_error("the state holds a ghost twice");
}

std::string const* s3_fifo::get(hashed_text const& key, time now) {
    auto const found = index_.find(key);
    if (found == index_.end() || found->second.at->expires <= now) {
        ++data_.counts.misses;
        return nullptr;
    }
    entry& hit = *found->second.at;
    ++data_.counts.hits;
    ++hit.hits;
    if (hit.recent < 3) ++hit.recent;
    return &hit.value;
}

void s3_fifo::put(hashed_text const& key, std::string_view value, time expires, time now) {
    std::uint64_t const cost = key.text.size() + value.size() + entry_overhead;
    auto const found = index_.find(key);
    if (cost > bounds_.bytes) {
        if (found != index_.end()) forget(found);
        return;
    }
    if (found == index_.end()) {
        make_room(1, cost, now);
        insert(key,
               {.key = std::string(key.text), .value = std::string(value), .expires = expires, .cost = cost});
        return;
    }
    entry& old = *found->second.at;
    old.value = value;
    old.expires = expires;
    bytes_of(found->second.in_main) += cost - old.cost;
    old.cost = cost;
    make_room(0, 0, now);
}

bool s3_fifo::erase(hashed_text const& key, time now) {
    auto const found = index_.find(key);
    if (found == index_.end()) return false;
    bool const live = found->second.at->expires > now;
    forget(found);
    return live;
}

void s3_fifo::forget_expired(time now) {
    for (auto at = index_.begin(); at != index_.end();) {
        auto const here = at++;
        if (here->second.at->expires <= now) forget(here);
    }
    make_room(0, 0, now);
}

void s3_fifo::bound(s3_bounds const& bounds) {
    bounds_ = bounds;
    make_room(0, 0, time::min());
}

void s3_fifo::add_to(contracts::cache_statistics& sum) const {
    sum.entries += index_.size();
    sum.bytes += small_bytes_ + main_bytes_ - entry_overhead * index_.size();
    sum.hits += data_.counts.hits;
    sum.misses += data_.counts.misses;
    sum.evictions += data_.counts.evictions;
}

void s3_fifo::insert(hashed_text const& key, entry&& fresh) {
    bool const in_main = ghost_index_.contains(key.hash);
    queue made;
    made.push_back(std::move(fresh));
    index_.emplace(made.front().key, place{made.begin(), in_main});
    bytes_of(in_main) += made.front().cost;
    queue& into = in_main ? data_.main : data_.small;
    into.splice(into.begin(), made);
    forget_ghost(key.hash);
}

void s3_fifo::make_room(std::uint64_t entries, std::uint64_t bytes, time now) {
    while (!index_.empty() &&
           (index_.size() + entries > bounds_.entries || small_bytes_ + main_bytes_ + bytes > bounds_.bytes))
        evict_one(now);
}

void s3_fifo::evict_one(time now) {
    bool const small_is_full =
        small_bytes_ >= bounds_.bytes / 10 || data_.small.size() * 10 >= bounds_.entries;
    if (!data_.small.empty() && (small_is_full || data_.main.empty()))
        evict_from_small(now);
    else
        evict_from_main(now);
}

void s3_fifo::evict_from_small(time now) {
    auto const oldest = --data_.small.end();
    auto const found = index_.find(std::string_view(oldest->key));
    if (oldest->recent > 1 && oldest->expires > now) {
        oldest->recent = 0;
        found->second.in_main = true;
        small_bytes_ -= oldest->cost;
        main_bytes_ += oldest->cost;
        data_.main.splice(data_.main.begin(), data_.small, oldest);
        return;
    }
    remember_ghost(key_hash(oldest->key));
    forget(found);
    ++data_.counts.evictions;
}

void s3_fifo::evict_from_main(time now) {
    auto const oldest = --data_.main.end();
    if (oldest->recent > 0 && oldest->expires > now) {
        --oldest->recent;
        data_.main.splice(data_.main.begin(), data_.main, oldest);
        return;
    }
    forget(index_.find(std::string_view(oldest->key)));
    ++data_.counts.evictions;
}

void s3_fifo::forget(index::iterator found) {
    place const gone = found->second;
    index_.erase(found);
    bytes_of(gone.in_main) -= gone.at->cost;
    (gone.in_main ? data_.main : data_.small).erase(gone.at);
    trim_ghosts();
}

void s3_fifo::remember_ghost(std::uint64_t hash) {
    forget_ghost(hash);
    std::list<std::uint64_t> made{hash};
    ghost_index_.emplace(hash, made.begin());
    data_.ghosts.splice(data_.ghosts.begin(), made);
}

void s3_fifo::forget_ghost(std::uint64_t hash) {
    auto const found = ghost_index_.find(hash);
    if (found == ghost_index_.end()) return;
    data_.ghosts.erase(found->second);
    ghost_index_.erase(found);
}

// Keeps as many ghosts as the shard has entries: the keys that a second cache of this size would still hold.
void s3_fifo::trim_ghosts() {
    while (data_.ghosts.size() > index_.size() + 1) {
        ghost_index_.erase(data_.ghosts.back());
        data_.ghosts.pop_back();
    }
}

}  // namespace hotswap::plugins
