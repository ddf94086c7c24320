// The rehearsal itself, within the helper process.
#pragma once

#include "rehearsal/rehearsal_wire.hpp"

#include <cstddef>
#include <span>

namespace hotswap::rehearse {

/// The files, of a host's staging area.
struct tried_files {
    char const* next = nullptr;
    char const* running = nullptr;  ///< null: there is none
    detail::wire::next_to how = detail::wire::next_to::nothing;
};

/// Does with the next module what a swap does, stage by stage, next to what is wanted of the running one, and ends the process
/// with a report: complete, or up to what was refused.
/// Effects:  `rest` is what follows the request: see `wire::request`.
[[noreturn]] void rehearse_module(tried_files const& files, detail::wire::request const& wanted,
                                  std::span<std::byte const> rest);

}  // namespace hotswap::rehearse
