// The rehearsal itself, within the helper process.
#pragma once

#include "rehearsal/rehearsal_wire.hpp"

#include <cstddef>
#include <span>

namespace hotswap::rehearse {

/// Does with the module at `path` what a swap does, stage by stage, and ends the process with a report: complete, or up to
/// what was refused.
/// Effects:  `rest` is what follows the request: arguments, then payload.
[[noreturn]] void try_out(char const* path, detail::wire::request const& wanted,
                          std::span<std::byte const> rest);

}  // namespace hotswap::rehearse
