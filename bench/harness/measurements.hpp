// The benchmarks, one function each. Every one prints its table and returns whether its goals were reached.
#pragma once

#include <filesystem>

namespace bench {

/// Prices of a call, with and without the guards that peers put around it.
bool measure_calls(int rounds);

/// Pauses and whole swaps of a small state, two callers at work.
bool measure_pauses(int swaps);

/// Whole swaps of a small state, with a rehearsal before each and without.
bool measure_rehearsals(int swaps);

/// Saving and loading a large state, next to Boost, cereal and memcpy.
bool measure_archives(int rounds);

/// The latencies of a table's callers while it is copied before a swap's pause, by workload, and the copy's
/// memory. `quick` takes 10⁵ rows.
bool measure_workloads(bool quick);

/// The callers' wait when a swap overruns its pause budget and is refused.
bool measure_budget(bool quick);

/// Pauses as plans predict them, next to the swaps' real pauses.
bool measure_predictions(bool quick);

/// The cost of a durable swap, on the disk of the current directory.
bool measure_store(bool quick);

/// The pause of ten components with tables that are swapped as one. `quick` takes 10⁴ rows each.
bool measure_sets(bool quick);

/// The pauses, the callers and the memory of the shipped components, swapped through all their releases up and down.
/// `quick` ends at 10⁵ entries.
bool measure_components(bool quick);

/// An operator's commands: the status, a revert, a hundred watchers; and a table of peers that are changed while they
/// serve HTTP.
bool measure_operator(bool quick);

/// Sets of files that are installed as one, next to dpkg, Mender and Ansible: times, and what `kills` sudden ends leave of them.
bool measure_pools(bool quick, int kills);

/// The pause against the number of rows, and the callers' latencies, next to Erlang/OTP and a stop-the-world
/// copy. `quick` ends at 10⁵ rows. `plot` is the SVG file to write; empty for none.
bool measure_curve(bool quick, std::filesystem::path const& plot);

}  // namespace bench
