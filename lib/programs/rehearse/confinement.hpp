// The limits of the helper process: put in force, looked at, and named where they do not bind.
#pragma once

#include "rehearsal/rehearsal_wire.hpp"

namespace hotswap::rehearse {

/// Puts this process, which has one thread and has run nothing foreign, under the limits of the request, and says which of
/// them are not in force.
/// Effects:  ends the process if its host is gone.
void confine(detail::wire::request const& wanted);

}  // namespace hotswap::rehearse
