// Callbacks that code can leave in a process and that are called after the code is gone: the functions that
// register them, and the way to find them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hotswap::detail {

/// A function by which code registers an object of its own with the C or C++ library.
struct registration {
    std::string_view symbol;  ///< as an object imports it
    std::string_view name;    ///< as programmers know it
    /// The leftover: "whose destructor runs in …" if it cannot be found later, "a signal handler" if the
    /// process can show it.
    std::string_view left;
    bool can_be_asked;  ///< whether `what_calls_into` finds it
};

/// The entry of an imported symbol; null if it leaves nothing, or its leftover is tied to the object that
/// registered it.
registration const* find_registration(std::string_view symbol) noexcept;

/// Whether a library with that import may leave a thread or a callback behind, or cannot be judged by its imports.
bool may_leave_something(std::string_view symbol) noexcept;

/// Whether a module with that import may leave something that cannot be found later.
bool leaves_without_trace(std::string_view symbol) noexcept;

/// The signal handlers and other callbacks of the process that lie between the two addresses, in words: "SIGUSR1's handler is
/// in it"; empty if there are none.
/// Errors:   throws std::bad_alloc, if there are any.
/// Threads:  [any]
/// Cost:     a system call for each signal: some 10 µs.
std::string what_calls_into(std::uintptr_t begin, std::uintptr_t end);

}  // namespace hotswap::detail
