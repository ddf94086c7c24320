#include "session/hashed_table.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace hotswap::plugins {

using session_states::v2::session;

using session_states::v2::shard_of;

hashed_table::hashed_table(std::array<session_states::v2::shard, shard_count>& shards) : shards_(shards) {
    for (auto const& of_state : shards_)
        for (auto const& [token, live] : of_state.sessions)
            lanes_[hashed_text(live.user).shard()].users[live.user].insert(token);
}

void hashed_table::open(token_hash const& token, session&& fresh, std::uint32_t limit) {
    hashed_text const user(fresh.user);
    user_lane& lane = lanes_[user.shard()];
    std::lock_guard const user_lock(lane.mutex);
    auto of_user = lane.users.find(user);
    if (of_user == lane.users.end()) of_user = lane.users.try_emplace(fresh.user).first;
    if (limit != 0 && of_user->second.size() >= limit) displace(of_user->second, limit - 1);
    of_user->second.insert(token);
    std::size_t const at = shard_of(token);
    std::lock_guard const lock(locks_[at].mutex);
    shards_[at].sessions.try_emplace(token, std::move(fresh));
    ++shards_[at].opened;
}

std::optional<contracts::session_info> hashed_table::use(token_hash const& token, time now) {
    std::size_t const at = shard_of(token);
    std::lock_guard const lock(locks_[at].mutex);
    auto const found = shards_[at].sessions.find(token);
    if (found == shards_[at].sessions.end() || found->second.expires <= now) return std::nullopt;
    session& used = found->second;
    used.expires = std::max(used.expires, now + used.lifetime);
    used.last_seen = now;
    return contracts::session_info{.user = used.user, .expires = used.expires};
}

bool hashed_table::close(token_hash const& token, time now) {
    session ended;
    {
        std::size_t const at = shard_of(token);
        std::lock_guard const lock(locks_[at].mutex);
        auto const found = shards_[at].sessions.find(token);
        if (found == shards_[at].sessions.end()) return false;
        ended = std::move(found->second);
        shards_[at].sessions.erase(found);
        ++shards_[at].ended;
    }
    forget_in_index(ended.user, token);
    return ended.expires > now;
}

void hashed_table::forget_expired(time now) {
    std::vector<std::pair<std::string, token_hash>> ended;
    for (std::size_t i = 0; i != shard_count; ++i) {
        ended.clear();
        {
            std::lock_guard const lock(locks_[i].mutex);
            for (auto const& [token, held] : shards_[i].sessions)
                if (held.expires <= now) ended.emplace_back(held.user, token);
            for (auto const& [user, token] : ended) shards_[i].sessions.erase(token);
            shards_[i].ended += ended.size();
        }
        for (auto const& [user, token] : ended) forget_in_index(user, token);
    }
}

contracts::session_statistics hashed_table::stats() {
    contracts::session_statistics sum;
    for (std::size_t i = 0; i != shard_count; ++i) {
        std::lock_guard const lock(locks_[i].mutex);
        sum.live += shards_[i].sessions.size();
        sum.opened += shards_[i].opened;
        sum.ended += shards_[i].ended;
    }
    return sum;
}

void hashed_table::displace(tokens& of_user, std::uint32_t keep) {
    std::vector<std::pair<time, token_hash>> by_use;
    by_use.reserve(of_user.size());
    for (auto token = of_user.begin(); token != of_user.end();) {
        std::size_t const at = shard_of(*token);
        std::lock_guard const lock(locks_[at].mutex);
        auto const found = shards_[at].sessions.find(*token);
        if (found == shards_[at].sessions.end()) {
            token = of_user.erase(token);
        } else {
            by_use.emplace_back(found->second.last_seen, *token);
            ++token;
        }
    }
    if (by_use.size() <= keep) return;
    std::sort(by_use.begin(), by_use.end());
    by_use.resize(by_use.size() - keep);
    for (auto const& [seen, token] : by_use) {
        std::size_t const at = shard_of(token);
        std::lock_guard const lock(locks_[at].mutex);
        shards_[at].ended += shards_[at].sessions.erase(token);
        of_user.erase(token);
    }
}

void hashed_table::forget_in_index(std::string_view user, token_hash const& token) {
    hashed_text const name(user);
    user_lane& lane = lanes_[name.shard()];
    std::lock_guard const lock(lane.mutex);
    auto const of_user = lane.users.find(name);
    if (of_user == lane.users.end()) return;
    of_user->second.erase(token);
    if (of_user->second.empty()) lane.users.erase(of_user);
}

}  // namespace hotswap::plugins
