// The signals that threads block, with the kernel's numbering: bit N - 1 is signal N.
#pragma once

#include <pthread.h>
#include <signal.h>

#include <cstdint>
#include <initializer_list>

namespace hotswap_test {

using signal_bits = std::uint64_t;

inline signal_bits bits_of(sigset_t const& set) noexcept {
    signal_bits bits = 0;
    for (int signal = 1; signal <= 64; ++signal)
        if (sigismember(&set, signal) == 1) bits |= signal_bits{1} << (signal - 1);
    return bits;
}

inline signal_bits held_by_this_thread() noexcept {
    sigset_t held;
    sigemptyset(&held);
    pthread_sigmask(SIG_BLOCK, nullptr, &held);
    return bits_of(held);
}

/// All signals that can be blocked, except the synchronous ones; without a thread_probe_signal of the host.
inline signal_bits held_by_threads_of_the_library() noexcept {
    sigset_t wanted;
    sigfillset(&wanted);
    for (int const signal : {SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS})
        sigdelset(&wanted, signal);
    return bits_of(wanted);
}

}  // namespace hotswap_test
