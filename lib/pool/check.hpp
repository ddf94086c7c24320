// The checks of closures that need no shell.
#pragma once

#include "pool/manifest.hpp"

#include <chrono>
#include <string>

namespace hotswap::detail {

/// What is wrong, by this check; empty: nothing. Until `until` it is tried again, because a service that was just started may need a while.
/// `host`: whose components `healthy` asks; null: it fails.
std::string fault_of(closure_check const& check, runtime const* host,
                     std::chrono::steady_clock::time_point until);

}  // namespace hotswap::detail
