// Finds the threads that are still in a module's code: signals each, because no other thread can walk its
// stack.
#pragma once

#include <hotswap/failure.hpp>

#include <cstdint>
#include <string>

namespace hotswap::detail {

/// The addresses at which a module is mapped.
struct code_range {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;

    bool contains(std::uintptr_t address) const noexcept { return begin <= address && address < end; }
};

/// Takes the signal for this process, for good: a question may arrive late.
/// Errors:   invalid_argument, if a program may not use this signal freely, or the host handles it itself.
/// Threads:  [any]
result<void> take_probe_signal(int signal);

/// The threads that have a frame in `code`, with their names and addresses, and those that did not answer;
/// empty if there is neither. The signal has been taken.
/// Effects:  interrupts every thread of the process once; system calls that a signal ends return EINTR there.
/// Threads:  [any]
/// Cost:     some 20 µs for each thread; 100 ms if one of them does not answer.
std::string threads_in(code_range code, int signal) noexcept;

}  // namespace hotswap::detail
