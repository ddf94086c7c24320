// How the session manager's state gets from one version to its neighbours. Every token stays good on every
// way.
#pragma once

#include "session/states/v0.hpp"
#include "session/states/v1.hpp"
#include "session/states/v2.hpp"

#include <hotswap/detail/base/arguments.hpp>

namespace hotswap::session_states {

/// Keeps tokens, users and expiry; a session counts as opened for 1 h, 0.1.0's default.
v1::state upgrade_0_1(v0::state&& old);

/// Keeps tokens, users and expiry.
/// Loses the settings (0.1.0 has its own, built in), the counts, and what each session was opened for.
v0::state downgrade_1_0(v1::state&& now);

/// Keeps everything but the tokens themselves: from here on only their hashes are stored.
/// A session counts as last seen when it was opened. The argument `per_user_limit` (a number below 2^32) sets
/// how many sessions a user may have; without it any number.
/// Errors:   throws std::invalid_argument for a limit that is not such a number.
v2::state upgrade_1_2(v1::state&& old, arguments const& given);

/// Keeps users, expiry, lifetimes, counts and the other settings; tokens go on as `sha256:<hex>`.
/// Loses the per-user limit and when each session was last seen.
v1::state downgrade_2_1(v2::state&& now);

}  // namespace hotswap::session_states
