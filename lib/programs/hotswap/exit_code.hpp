// How the command ends, for scripts: a contract (docs/operator.md).
#pragma once

#include <cstdint>

namespace hotswap::cli {

enum class exit_code : std::uint8_t {
    done = 0,          ///< or there was nothing to do
    pending = 2,       ///< changes are pending: of `plan`
    refused = 3,       ///< nothing was changed
    sent_back = 4,     ///< it was done, and its probation has sent it back
    running = 5,       ///< it was still running at --timeout
    unreachable = 6,   ///< nothing answers at the socket
    inconsistent = 7,  ///< the running set is not the stored one, or what failed still serves
    usage = 64,        ///< the command was called wrongly
};

}  // namespace hotswap::cli
