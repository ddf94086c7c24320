// Sessions, clients and items that are there before the first request, to show swaps of large components.
#pragma once

#include <hotswap/contracts/cache.hpp>
#include <hotswap/contracts/rate_limiter.hpp>
#include <hotswap/contracts/session.hpp>
#include <hotswap/detail/slot/handle.hpp>

#include <cstdint>

namespace gateway {

/// Opens `each` sessions, lets `each` clients act once and caches `each` items; prints the progress once a second.
/// Effects:  raises the cache's limits so that all items fit, with room for others.
/// Errors:   throws what the components throw, also if the cache's release has no limits that could be raised.
void fill(std::uint64_t each, hotswap::handle<hotswap::contracts::rate_limiter> const& limiter,
          hotswap::handle<hotswap::contracts::session> const& sessions,
          hotswap::handle<hotswap::contracts::cache> const& cache);

}  // namespace gateway
