// The libraries that a module needs, and that stay when it goes.
#pragma once

#include "module/linked_object.hpp"

#include <string>
#include <vector>

namespace hotswap::detail {

/// What became of them.
struct kept_libraries {
    std::vector<std::string> names{};  ///< of those that stay loaded for good
    std::string not_kept{};            ///< one that could not be kept, so that the module must stay for it
};

/// Keeps for good the libraries that the object of `handle`, a module that has just been loaded, needs and the program does not:
/// a library's threads, keys and handlers live on when the last that needed it is closed. A library whose imports prove that
/// it has none of these may go. Named are those that no module before has kept.
/// Errors:   throws std::bad_alloc.
/// Threads:  [any] other modules may be loaded and unloaded at the same time.
/// Cost:     some 20 µs; and a walk over the relocations of what it needs, if something there is not kept yet.
kept_libraries keep_libraries_of(void* handle);

/// Keeps the object of `handle` mapped until the process ends, however often it is closed; whether that succeeded.
bool keep_for_good(void* handle) noexcept;

}  // namespace hotswap::detail
