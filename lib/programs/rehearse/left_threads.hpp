// Finds the code of the threads that a module or its libraries have left running.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hotswap::rehearse {

/// The addresses at which the module is mapped.
struct code_extent {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
};

/// The answers of those threads.
struct left_threads {
    struct library {
        char const* name = nullptr;
        unsigned threads = 0;
    };
    static constexpr std::size_t most_libraries = 64;

    unsigned in_module = 0;  ///< with the module's code in their stack
    unsigned unknown = 0;    ///< that did not answer, or are only in the system's libraries
    /// The libraries with threads that have their code in the stack; the last ones are empty.
    library libraries[most_libraries]{};

    bool are_all_of_libraries() const noexcept { return in_module == 0 && unknown == 0; }
};

/// Finds out which code every thread runs, except the calling one and `own`.
/// Effects:  interrupts each of these threads with a signal that the C library lets no thread block.
/// Errors:   a thread whose code cannot be found counts as unknown.
left_threads find_left_threads(code_extent const& module, int const* own, std::size_t own_count) noexcept;

}  // namespace hotswap::rehearse
