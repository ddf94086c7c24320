// Keys that an attacker would choose if they knew the seed of a table, and how much the rows of a table crowd.
#pragma once

#include <hotswap/table.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace hotswap_test {

/// The number of keys in a flood. In one shard they have an index of 256 places.
inline constexpr std::size_t flood_size = 128;

/// Names that `seed` sends to the first shard, and there to the first place of its index.
inline std::vector<std::string> flood(hotswap::table_seed const& seed) {
    std::vector<std::string> names;
    for (std::uint64_t i = 0; names.size() != flood_size; ++i) {
        auto name = "name " + std::to_string(1'000'000'000 + i);  // none is a part of another
        auto const hash = hotswap::detail::sip_hash(seed, name);
        if ((hash >> 24 & 0xffff) == 0) names.push_back(std::move(name));
    }
    return names;
}

struct crowding {
    std::uint32_t fullest_shard = 0;
    std::uint32_t longest_search = 0;  ///< in places of an index, beyond the first one
};

template <class Table>
crowding crowding_of(Table const& rows) {
    crowding found;
    for (auto const& shard : hotswap::detail::table_access::core(rows)->shards) {
        found.fullest_shard = std::max(found.fullest_shard, shard.rows());
        for (std::uint32_t at = 0; shard.index != nullptr && at <= shard.mask; ++at) {
            if (shard.index[at] == 0) continue;
            auto const home = static_cast<std::uint32_t>(shard.index[at] >> 32);
            found.longest_search = std::max(found.longest_search, (at - home) & shard.mask);
        }
    }
    return found;
}

/// So many of 128 rows are in one of 256 shards with a probability below 10⁻⁸, if their hashes are random.
inline constexpr std::uint32_t unlikely_crowd = 11;

}  // namespace hotswap_test
