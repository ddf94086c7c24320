// The table of release 2.0.0: sessions by the hash of their token, with an index of each user's.
#pragma once

#include "session/states/v2.hpp"
#include "shared/clock.hpp"
#include "shared/sharding.hpp"

#include <hotswap/contracts/session.hpp>

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace hotswap::plugins {

/// Locked access to the shards of a state.
/// Threads:  [any] every member; a user's lock is taken before a token's, never after.
class hashed_table {
public:
    using token_hash = session_states::v2::token_hash;

    /// Cost:     linear in the sessions: the index of users is made anew.
    explicit hashed_table(std::array<session_states::v2::shard, shard_count>& shards);

    /// Adds a session; its user keeps at most `limit` with it (0: any number), those unused longest go.
    void open(token_hash const& token, session_states::v2::session&& fresh, std::uint32_t limit);
    /// The session, renewed by this use; nothing if there is none or it has expired.
    std::optional<contracts::session_info> use(token_hash const& token, time now);
    /// Ends the session; false if there was no live one.
    bool close(token_hash const& token, time now);
    void forget_expired(time now);
    contracts::session_statistics stats();

private:
    using tokens = std::unordered_set<token_hash, session_states::v2::token_hash_hash>;

    struct alignas(64) user_lane {
        std::mutex mutex;
        // By user. May hold a token that has just ended: the table is what counts.
        std::unordered_map<std::string, tokens, text_hash, text_equal> users;
    };

    void displace(tokens& of_user, std::uint32_t keep);
    void forget_in_index(std::string_view user, token_hash const& token);

    std::array<session_states::v2::shard, shard_count>& shards_;  // shard i is guarded by locks_[i]
    std::array<shard_mutex, shard_count> locks_;
    std::array<user_lane, shard_count> lanes_;
};

}  // namespace hotswap::plugins
