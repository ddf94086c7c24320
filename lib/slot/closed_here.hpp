// The closed gates, and the threads that work behind them.
#pragma once

#include <hotswap/detail/slot/gate.hpp>
#include <hotswap/detail/slot/opening.hpp>

#include <cstdint>

namespace hotswap::detail {

/// A gate that an operation has closed, as a member of a list.
struct closed_gate {
    gate const* which = nullptr;
    std::uint32_t set = 0;        ///< the number of the gates that are closed together
    closed_gate* next = nullptr;  ///< used by the list
};

/// Learns of every gate that an operation closes, so that work that would run foreign code waits for the
/// opening.
/// Threads:  [any]
class gate_watch {
public:
    /// Lifetime: `which` must not move until it is `opened`.
    virtual void closed(closed_gate& which) noexcept = 0;
    virtual void opened(closed_gate& which) noexcept = 0;
    /// Does the work that has waited. Not called by a thread behind a gate.
    virtual void catch_up() noexcept = 0;

protected:
    gate_watch() = default;
    ~gate_watch() = default;
    gate_watch(gate_watch const&) = delete;
    gate_watch& operator=(gate_watch const&) = delete;
};

/// A new number for gates that are about to be closed together; no other closed set has the same number.
std::uint32_t next_set_number() noexcept;

/// The set of closed gates that this thread works behind; 0: none.
std::uint32_t set_closed_here() noexcept;

/// This thread works behind a set of gates for as long as the object lives: it has closed them, or works for
/// the thread that has. A call of this thread that comes to one of the gates is refused, because the call
/// would wait for itself. The last object of a thread calls the functions that waited for openings (see
/// `call_behind_no_gate`).
class behind_gates {
public:
    /// `set` 0: nothing changes.
    explicit behind_gates(std::uint32_t set) noexcept;
    ~behind_gates();
    behind_gates(behind_gates const&) = delete;
    behind_gates& operator=(behind_gates const&) = delete;

private:
    std::uint32_t const before_;
};

}  // namespace hotswap::detail
