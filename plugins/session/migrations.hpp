// The migrations between neighbouring versions of the session manager's state. Every token stays valid on
// every path.
#pragma once

#include "session/states/v0.hpp"
#include "session/states/v1.hpp"
#include "session/states/v2.hpp"

#include <hotswap/detail/base/arguments.hpp>

namespace hotswap::session_states {

/// Keeps tokens, users and expiry; a session counts as opened for 1 h, 0.1.0's default.
v1::state upgrade_0_1(v0::state&& old);

/// Keeps tokens, users and expiry.
/// Loses the settings (those of 0.1.0 are built in), the counts, and the lifetime of each session.
v0::state downgrade_1_0(v1::state&& now);

/// Keeps everything except the tokens themselves: version 2 stores only their hashes.
/// A session counts as last seen when it was opened. The argument `per_user_limit` (a number below 2^32)
/// limits the number of sessions of a user; without it there is no limit.
/// Errors:   throws std::invalid_argument for a limit that is not such a number.
v2::state upgrade_1_2(v1::state&& old, arguments const& given);

/// Keeps users, expiry, lifetimes, counts and the other settings; stores tokens as `sha256:<hex>`.
/// Loses the per-user limit and the time when each session was last seen.
v1::state downgrade_2_1(v2::state&& now);

}  // namespace hotswap::session_states
