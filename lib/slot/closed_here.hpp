// Which gates are closed, and which threads work behind them.
#pragma once

#include <hotswap/detail/slot/gate.hpp>
#include <hotswap/detail/slot/opening.hpp>

#include <cstdint>

namespace hotswap::detail {

/// A gate that an operation has closed, in a list of them.
struct closed_gate {
    gate const* which = nullptr;
    std::uint32_t set = 0;        ///< of gates that are closed together
    closed_gate* next = nullptr;  ///< the list's own
};

/// Gets every gate that an operation closes: work that would run foreign code waits for the opening.
/// Threads:  [any]
class gate_watch {
public:
    /// Lifetime: `which` stays where it is until it is `opened`.
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

/// A number for gates that are about to be closed together; no other set that is closed has it.
std::uint32_t next_set_number() noexcept;

/// The set of closed gates that this thread works behind; 0: none.
std::uint32_t set_closed_here() noexcept;

/// This thread works behind a set of gates for as long as the object lives: the thread that closed them, and one that works
/// for that. A call of it that comes to one of them is refused, because it would wait for itself. When the last one is gone,
/// the functions that waited for openings are called (see `call_behind_no_gate`).
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
