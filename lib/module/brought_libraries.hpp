// The libraries that a module needs, and that stay loaded when the module is unloaded.
#pragma once

#include "module/linked_object.hpp"

#include <string>
#include <vector>

namespace hotswap::detail {

/// The result of keeping a module's libraries.
struct kept_libraries {
    std::vector<std::string> names{};  ///< of the libraries that stay loaded for good
    std::string not_kept{};  ///< a library that could not be kept, so the module must stay loaded for it
};

/// Keeps for good the libraries that a newly loaded module, the object of `handle`, needs and the program
/// does not: a library's threads, keys and handlers remain after its last user is closed. A library may be
/// unloaded if its imports prove that it has none of these. The result names only libraries that no earlier
/// module has kept.
/// Errors:   throws std::bad_alloc.
/// Threads:  [any] other modules may be loaded and unloaded at the same time.
/// Cost:     some 20 µs; and a walk over the relocations of the needed libraries, if any of them is not kept
///           yet.
kept_libraries keep_libraries_of(void* handle);

/// Keeps the object of `handle` mapped until the process ends, also after it is closed; returns whether that
/// succeeded.
bool keep_for_good(void* handle) noexcept;

}  // namespace hotswap::detail
