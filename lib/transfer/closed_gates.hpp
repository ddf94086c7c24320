// Closed gates: the only time in which a caller can wait.
#pragma once

#include "slot/closed_set.hpp"
#include "slot/pause_turns.hpp"
#include "slot/slot.hpp"

#include <hotswap/failure.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <vector>

namespace hotswap::detail {

/// How long callers may be held.
struct pause_limits {
    std::chrono::nanoseconds drain_deadline{0};
    std::chrono::nanoseconds pause_budget{0};  ///< 0: none
    std::stop_token stop{};                    ///< ends the pause before the commit
};

/// The limits that the options of an operation set.
template <class Options>
pause_limits limits_of(Options const& options) {
    return {options.drain_deadline, options.pause_budget, options.stop};
}

/// Holds back the events of components whose gates are closed, because a subscriber may call the component;
/// also the events that a thread behind the gates publishes. Delivers them when this object ends.
class held_events {
public:
    /// Errors:   throws std::bad_alloc.
    explicit held_events(std::span<slot* const> of);
    ~held_events();
    held_events(held_events const&) = delete;
    held_events& operator=(held_events const&) = delete;

    /// Holds events from now on, until `gates_open`.
    void begin(std::uint32_t set) noexcept;
    void gates_open() noexcept;

private:
    gate_watch* const watch_;  // null: there is none
    std::vector<closed_gate> entries_;
    bool are_closed_ = false;
};

/// Closes the gates of one or more slots for as long as it lives, unless they are opened before: leaving the
/// scope always lets the callers through to the generations that were running.
/// Threads:  a thread that holds the slots' operations.
class closed_gates {
public:
    /// Effects:  waits for its turn before the gates close (slot/pause_turns.hpp).
    /// Errors:   throws std::bad_alloc, before the gates close.
    closed_gates(std::span<slot* const> slots, pause_limits const& limits);
    closed_gates(slot& only, pause_limits const& limits);
    ~closed_gates();
    closed_gates(closed_gates const&) = delete;
    closed_gates& operator=(closed_gates const&) = delete;

    /// Waits for the last lease.
    /// Errors:   drain_timeout, pause_budget_exceeded, aborted.
    result<void> drain();
    /// Errors:   pause_budget_exceeded.
    result<void> check_budget() const;

    bool has_budget() const noexcept { return limits_.pause_budget.count() > 0; }
    std::chrono::nanoseconds budget() const noexcept { return limits_.pause_budget; }
    /// The end of the budget, if there is one.
    std::chrono::steady_clock::time_point deadline() const noexcept;
    /// By which the host ends the operation.
    std::stop_token const& stop() const noexcept { return limits_.stop; }

    /// Runs `f`, which uses nothing of the running generations. When a caller has waited for the drain
    /// deadline once more, or waits when the operation is asked to stop, all callers are let through to the
    /// running generations.
    /// Errors:   those of `f`; pause_budget_exceeded, aborted: the callers were let through, and the gates are open.
    template <class F>
    result<void> within_bound(F&& f) {
        if (is_running_used_) return f();
        set_.limit(bound());
        auto done = until_stopped(f);
        if (!set_.end_limit()) {
            ended();
            return overdue(done);
        }
        return done;
    }

    /// A running generation has released something, or another instance uses its state: from now on no caller
    /// may open the gates to it, and `within_bound` has no bound.
    void use_running() noexcept { is_running_used_ = true; }

    /// Lets the callers through to the generations that run in the slots now.
    void open() noexcept;
    /// Keeps the gates closed for good.
    void end() noexcept;
    void reopen() noexcept;

    /// From the gates closing to the gates opening, or to now.
    std::chrono::nanoseconds length() const noexcept;
    std::uint64_t calls_held(std::size_t of = 0) const noexcept;
    std::chrono::nanoseconds longest_wait(std::size_t of = 0) const noexcept;
    /// The first of the slots whose gate is not empty.
    std::size_t held_up() const noexcept;

private:
    template <class F>
    result<void> until_stopped(F& f) {
        std::stop_callback const ends_limit(limits_.stop, [this]() noexcept { set_.limit_is_over(); });
        return f();
    }
    std::chrono::steady_clock::time_point bound() const noexcept;
    failure overdue(result<void> const& outcome_of_work) const;
    std::span<gate* const> begin_holding() noexcept;
    void ended() noexcept;

    held_events held_;  // first: destroyed after the gates have opened and the turn is given back
    std::vector<slot*> const slots_;
    std::vector<gate*> const gates_;  // a change that gives its slot another gate keeps the old gate
    std::vector<std::uint64_t> const held_before_;
    pause_limits const limits_;
    std::uint32_t const number_ = next_set_number();
    pause_turns::turn const turn_;
    std::chrono::steady_clock::time_point const began_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point ended_at_;
    bool opened_ = false;
    bool is_running_used_ = false;
    closed_set set_;
};

}  // namespace hotswap::detail
