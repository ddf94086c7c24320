// The gate: admits leases, holds callers back during a swap, and knows when no lease is left.
#pragma once

#include <hotswap/contract.hpp>
#include <hotswap/detail/base/mutex.hpp>
#include <hotswap/detail/slot/lease_cell.hpp>
#include <hotswap/detail/slot/opening.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace hotswap {

enum class errc : int;

}  // namespace hotswap

namespace hotswap::detail {

/// The gate's answer to a caller.
struct admission {
    void* contract = nullptr;
    hold how = hold::none;
    bool would_deadlock = false;  ///< the caller itself works behind the gate
};

/// How calls ended while they were measured.
struct call_counts {
    std::uint64_t calls = 0;
    std::uint64_t errors = 0;          ///< ended by an exception
    std::chrono::nanoseconds time{0};  ///< the sum over all of them
};

/// Is called when callers should leave, because a drain begins, and when they may stay again.
class drain_listener {
public:
    /// Called while the gate is closed, on the operating thread: must not wait or call a component.
    virtual void draining(bool begins) noexcept = 0;

protected:
    ~drain_listener() = default;
};

/// The gate of one component. Callers use `enter` and `leave`, the rest belongs to the thread that operates on the slot.
class gate {
public:
    /// `functions`: as in `contract`.
    /// Errors:   throws std::length_error if the process already has `max_slots` components.
    gate(std::string name, std::string contract_name, std::uint32_t contract_number,
         std::uint32_t functions = 0);
    ~gate();
    gate(gate const&) = delete;
    gate& operator=(gate const&) = delete;

    /// Takes a lease; waits while the gate is closed, unless this thread already holds a lease of this gate
    /// or of a gate that is closed together with it.
    /// Errors:   throws swap_error (component_gone; would_deadlock, on a thread that works behind the gate).
    /// Threads:  [any]
    /// Cost:     a store, a compiler barrier and a load for an outermost lease at an open gate.
    admission enter(lease_cell& cell) {
        if (cell.outer.load(std::memory_order_relaxed) == lease_cell::idle) [[likely]] {
            cell.outer.store(lease_cell::held, mark_order);
            std::atomic_signal_fence(std::memory_order_seq_cst);
            if (void* const contract = open_.load(look_order)) [[likely]]
                return {contract, hold::outer};
            cell.outer.store(lease_cell::idle, std::memory_order_release);
        }
        return enter_slowly(cell);
    }
    /// As `enter`, but returns an admission without a contract where `enter` throws.
    /// `counted`: whether the call is counted while calls are measured.
    admission try_enter(lease_cell& cell, bool counted = true) noexcept;
    /// As `enter`, but does not wait: while the gate is closed the result is an admission without a contract.
    /// Errors:   throws swap_error (component_gone, other_process).
    admission enter_if_open(lease_cell& cell);

    /// The result of an attempt to wait for the gate.
    enum class wait : std::uint8_t { begun, is_open, is_gone };
    /// Lets `who` wait for the next opening, unless the gate is open, or will never open.
    /// Threads:  [any]
    wait await_opening(std::shared_ptr<opening_wait> who) noexcept;
    /// Drops the waits that were stopped.
    void drop_stopped_waits() noexcept;
    /// Why no caller can enter any more: component_gone, or other_process.
    errc why_gone() const noexcept;

    /// Returns a lease that the thread `owner` took in its `cell`: the one exit, for every kind of lease.
    /// `said`: whether `say_where` has recorded this lease.
    /// Threads:  [any]; the owner may have ended, or be about to.
    /// Cost:     on the owner a thread-local load and a store; on another thread a short search in the list
    ///           of threads.
    static void leave(std::uint64_t owner, lease_cell& cell, hold how, std::uint32_t index,
                      bool said = false) noexcept {
        if (how == hold::outer && !said && owner == this_thread_cells.number) [[likely]]
            cell.outer.store(lease_cell::idle, std::memory_order_release);
        else
            leave_slowly(owner, how, index, said);
    }

    /// Adds a lease that any thread may give back; the caller already holds a lease.
    void share() noexcept;
    static void unshare(std::uint32_t index) noexcept;

    lease_cell& cell() const noexcept { return this_thread_cells.of[index_]; }
    std::uint32_t index() const noexcept { return index_; }
    /// The number of the set with which the gate is closed; 0: it is open, or closed alone.
    std::uint32_t closed_as() const noexcept;

    std::string const& name() const noexcept { return name_; }
    /// Lifetime: the name is the gate's.
    hotswap::contract contract() const noexcept {
        return {contract_name_, contract_number_.load(std::memory_order_relaxed),
                functions_.load(std::memory_order_relaxed)};
    }
    /// Changes the contract's number to that of another revision that the same instance serves.
    void renumber(std::uint32_t number, std::uint32_t functions) noexcept {
        contract_number_.store(number, std::memory_order_relaxed);
        functions_.store(functions, std::memory_order_relaxed);
    }
    /// Sets the contract's number of functions if it is unknown: a component that came back from a store.
    void learn_functions(std::uint32_t count) noexcept {
        std::uint32_t unknown = 0;
        functions_.compare_exchange_strong(unknown, count, std::memory_order_relaxed);
    }

    /// Sets the drain listener of the running generation; null: none.
    /// Threads:  the thread that operates on the slot.
    void tell_of_drains(drain_listener* listener) noexcept { listener_ = listener; }
    /// Tells the listener that a drain begins, or is over: `close` and `open` call it themselves.
    void tell_draining(bool begins) const noexcept {
        if (listener_ != nullptr) listener_->draining(begins);
    }

    /// Lets callers through to `contract`.
    void open(void* contract) noexcept {
        let_in(contract);
        wake();
    }
    /// The first half of `open`: callers that come now, or are awake, get in.
    void let_in(void* contract) noexcept;
    /// The second half: wakes the callers that sleep, each of which may take the processor at once, and calls the waits.
    void wake() noexcept;
    /// The instance for which the gate was open before it was closed.
    void* before() const noexcept { return inside_.load(std::memory_order_relaxed); }
    /// Holds callers back from now on, as one of the gates of the set `number`; callers inside continue.
    /// Effects:  after `barrier_on_all_threads`, every lease that was admitted is visible to `drained`.
    void shut(std::uint32_t number) noexcept;
    /// Refuses threads that are inside another gate of the set, and keeps these threads awake while they
    /// wait; false: admits them again.
    void seal(bool sealed) noexcept;
    /// Opens again for the generation that was running when the gate was closed.
    void reopen() noexcept { open(before()); }
    /// Closes for good: callers, also those waiting, get component_gone.
    void end() noexcept;

    /// Marks the gate of a generation that does not serve yet: callers are refused instead of held, because
    /// only code behind the gates of the current operation knows this gate. False: callers wait for the first
    /// opening.
    void promise(bool promised) noexcept { promised_.store(promised, std::memory_order_release); }
    /// Sets the contract that the component will serve by another gate, for callers of this gate once it has
    /// `moved`.
    /// Threads:  the thread that operates on the slot.
    void will_move(std::string to) noexcept { moves_to_ = std::move(to); }
    /// As `end`, for a gate that is closed and empty: callers use another gate of the component from now on.
    void move() noexcept;
    /// Why no caller can enter any more, in words.
    std::string why_gone_in_words() const;

    /// Whether no thread is inside; stays true until the gate is opened again.
    bool drained() const noexcept;
    /// Waits until no thread is inside; false at the deadline.
    bool wait_until_drained(std::chrono::steady_clock::time_point deadline) const noexcept;
    /// The number of leases held now: for messages.
    std::uint64_t leases() const noexcept;
    /// Whether a lease that this thread took is still held, on any thread.
    bool held_by_this_thread() const noexcept;
    /// The threads that hold up the drain, in words: since when, and where each lease was taken, as far as that is known.
    std::string holders() const;
    /// How a call of this thread, which works behind the gate, reached this gate again.
    std::string way_back_here() const;
    /// Records where this thread's lease was taken, until that lease is given back. Returns false, and
    /// records nothing, if an outer lease of the thread is recorded already, or there is no memory for the
    /// record.
    bool say_where(char const* file, std::uint32_t line, hold how) noexcept;

    /// From the next opening on, calls take the slow path, which measures how they end; false: stops that at once.
    /// Threads:  the one that operates on the slot.
    void measure_calls(bool wanted) noexcept;
    /// The counts since measuring last began.
    call_counts measured_calls() const noexcept;

    /// Calls that have waited at the gate so far.
    std::uint64_t calls_held() const noexcept { return calls_held_.load(std::memory_order_relaxed); }
    /// The longest wait of a call since the gate was last closed, if it opened at `opened`.
    std::chrono::nanoseconds longest_wait(std::chrono::steady_clock::time_point opened) const noexcept;

private:
    admission enter_slowly(lease_cell& cell);
    [[noreturn]] void refuse_entry() const;
    bool is_forked() const noexcept;
    void call_waiting(opening how) noexcept;
    static void leave_slowly(std::uint64_t owner, hold how, std::uint32_t index, bool said) noexcept;
    admission wait_and_admit(lease_cell& cell, bool enrolled, bool counted) noexcept;
    admission enter_now(lease_cell& cell, bool& enrolled, bool counted) noexcept;
    admission try_admit(lease_cell& cell, bool enrolled, bool counted) noexcept;
    admission admit_within_set(lease_cell& cell, bool enrolled) noexcept;

    std::atomic<void*> open_{nullptr};      // null while closed
    std::atomic<void*> measured_{nullptr};  // open, but by the slow path only; null while closed
    bool is_measuring_ = false;             // used by the operating thread only
    std::atomic<void*> inside_{nullptr};    // for threads that are inside already, also while draining
    std::uint32_t index_;
    std::atomic<std::uint32_t> turn_{0};  // odd while closed; held callers sleep on it
    std::atomic<std::uint32_t> sleepers_{0};
    std::atomic<bool> ended_{false};
    std::atomic<bool> promised_{false};
    bool has_moved_ = false;  // before `ended_` is stored
    std::string moves_to_{};  // the operating thread's, until the gate has moved
    std::atomic<std::uint64_t> calls_held_{0};
    std::atomic<std::int64_t> first_held_{0};  // when, by the steady clock; 0: none since the gate was closed
    std::atomic<std::int64_t> longest_wait_{0};  // of the callers that got in
    std::string name_;
    std::string contract_name_;
    std::atomic<std::uint32_t> contract_number_;
    std::atomic<std::uint32_t> functions_;
    int process_;                         // the process whose threads open the gate
    drain_listener* listener_ = nullptr;  // only the operator uses it
    mutex waiting_mutex_;
    opening_list waiting_ HOTSWAP_GUARDED_BY(waiting_mutex_);
};

}  // namespace hotswap::detail
