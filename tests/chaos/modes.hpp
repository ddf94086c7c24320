// The modes of chaos. Each prints a report and returns true if nothing was lost and nothing was wrong.
#pragma once

#include "wanted.hpp"

namespace chaos {

/// The gateway under load, with all operations and faults in random order.
bool run_gateway(wanted const& how);
/// A runtime in this process: many swaps with faults.
bool run_storm(wanted const& how);
/// A host with a store that is killed at random instants.
bool run_kills(wanted const& how);

}  // namespace chaos
