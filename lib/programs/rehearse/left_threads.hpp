// Where the threads are that a module or its libraries have left running.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hotswap::rehearse {

/// Where the module is mapped.
struct code_extent {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
};

/// What those threads said of themselves.
struct left_threads {
    struct library {
        char const* name = nullptr;
        unsigned threads = 0;
    };
    static constexpr std::size_t most_libraries = 64;

    unsigned in_module = 0;               ///< that have the module's code in their stack
    unsigned unknown = 0;                 ///< that did not answer, or are in no library but the system's
    library libraries[most_libraries]{};  ///< with threads that have theirs in it; the last ones are empty

    bool are_all_of_libraries() const noexcept { return in_module == 0 && unknown == 0; }
};

/// Asks every thread but the calling one and `own` which code it is in.
/// Effects:  interrupts each of them with a signal that the C library lets no thread block.
/// Errors:   what cannot be found out counts as unknown.
left_threads find_left_threads(code_extent const& module, int const* own, std::size_t own_count) noexcept;

}  // namespace hotswap::rehearse
