// The migrations between neighbouring versions of the cache's state.
#pragma once

#include "cache/states/v0.hpp"
#include "cache/states/v1.hpp"
#include "cache/states/v2.hpp"

#include <hotswap/detail/base/arguments.hpp>

#include <cstdint>

namespace hotswap::cache_states {

/// The bytes charged for an entry of version 2 besides key and value: about the size of its nodes.
inline constexpr std::uint64_t entry_overhead = 96;

/// The smallest byte budget: below it a shard could not hold one page.
inline constexpr std::uint64_t least_byte_budget = 65'536;

/// The smallest bound on entries: one for each shard.
inline constexpr std::uint64_t least_max_entries = plugins::shard_count;

/// Keeps keys, values and expiry; entries that expire last count as most recently used, counts begin at 0.
v1::state upgrade_0_1(v0::state&& old);

/// Keeps keys, values and expiry.
/// Loses the settings (those of 0.1.0 are built in), the counts, and the order of use.
v0::state downgrade_1_0(v1::state&& now);

/// Keeps everything; the entries become the main queue, in their order.
/// The argument `byte_budget` (bytes, at least 65536) sets the budget, 64 MiB without it.
/// Errors:   throws std::invalid_argument for a budget that is not such a number.
v2::state upgrade_1_2(v1::state&& old, arguments const& given);

/// Keeps keys, values, expiry, counts, and the other settings.
/// Loses the byte budget, every entry's hits, the recently evicted keys, and the border between the queues.
v1::state downgrade_2_1(v2::state&& now);

}  // namespace hotswap::cache_states
