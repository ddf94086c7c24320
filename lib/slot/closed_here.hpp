// Which gates are closed, for those who must not call others meanwhile.
#pragma once

#include <hotswap/detail/slot/gate.hpp>

namespace hotswap::detail {

/// A gate that an operation has closed, in a list of them.
struct closed_gate {
    gate const* which = nullptr;
    closed_gate* next = nullptr;  ///< the list's own
};

/// Hears of every gate that an operation closes: what would run foreign code waits for the opening.
/// Threads:  [any]
class gate_watch {
public:
    /// Lifetime: `which` stays where it is until it is `opened`.
    virtual void closed(closed_gate& which) noexcept = 0;
    virtual void opened(closed_gate& which) noexcept = 0;
    /// Does what has waited. Not called by a thread behind a gate.
    virtual void catch_up() noexcept = 0;

protected:
    gate_watch() = default;
    ~gate_watch() = default;
    gate_watch(gate_watch const&) = delete;
    gate_watch& operator=(gate_watch const&) = delete;
};

/// The gate that this thread works behind; null: none.
gate const* gate_closed_here() noexcept;

/// This thread works behind a gate for as long as the object lives: the one that closed it, and one that works for that.
class behind_gate {
public:
    /// `which` null: nothing changes.
    explicit behind_gate(gate const* which) noexcept;
    ~behind_gate();
    behind_gate(behind_gate const&) = delete;
    behind_gate& operator=(behind_gate const&) = delete;

private:
    gate const* const before_;
};

}  // namespace hotswap::detail
