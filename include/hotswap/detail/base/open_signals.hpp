// Signals that no thread of the library blocks, in addition to those that a thread raises itself.
#pragma once

#include <cstdint>

namespace hotswap::detail {

/// A set of signals: bit N - 1 is signal N.
using signal_bits = std::uint64_t;

constexpr signal_bits bit_of(int signal) noexcept { return signal_bits{1} << (signal - 1); }

/// The host's set: the signals with which its runtimes check each thread's position. Read and written as an
/// atomic.
inline signal_bits own_open_signals = 0;

/// A module has its own copy of these variables, and reads the host's set: `module_api::leave_open` sets the
/// pointer after loading.
inline signal_bits const* open_signals = &own_open_signals;

inline signal_bits signals_left_open() noexcept { return __atomic_load_n(open_signals, __ATOMIC_ACQUIRE); }

/// In the host: threads that are begun from now on leave `signal` open.
inline void leave_open(int signal) noexcept {
    __atomic_fetch_or(&own_open_signals, bit_of(signal), __ATOMIC_RELEASE);
}

}  // namespace hotswap::detail
