// The parts of `--operator`. Each prints its lines and returns whether its goals were reached.
#pragma once

#include "control/operated_host.hpp"

namespace bench {

/// The rows of the component that callers use while it is watched.
inline constexpr std::uint64_t watched_rows = 10'000;

/// The command `hotswap status` as a new process: its time and its memory.
bool measure_status(operated_host const& on, bool quick);

/// From the command to the first answer of the release before.
bool measure_reverts(operated_host& on, bool quick);

/// The callers' latencies with no watcher of the status and with a hundred.
bool measure_watchers(operated_host& on, bool quick);

/// Servers that are changed under HTTP load, ours and others.
bool measure_changed_servers(bool quick);

}  // namespace bench
