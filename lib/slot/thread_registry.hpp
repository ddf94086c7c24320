// The threads that have passed a gate, and the gates there are: where a swap looks for leases.
#pragma once

#include "slot/hold_sites.hpp"

#include <hotswap/detail/base/mutex.hpp>
#include <hotswap/detail/slot/gate.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace hotswap::detail {

/// A thread that holds a slot.
struct slot_holder {
    int thread = 0;  ///< the kernel's number for it
    char const* file = nullptr;
    std::uint32_t line = 0;
    std::int64_t since = 0;  ///< as `hold_site::since`
};

/// How the calls of a slot ended while they were measured.
struct measured_slot {
    std::atomic<std::uint64_t> calls{0};
    std::atomic<std::uint64_t> errors{0};
    std::atomic<std::int64_t> nanoseconds{0};
};

/// The decision about gates that are closed together.
enum class set_verdict : std::uint64_t {
    closed,     ///< the operation decides
    limited,    ///< so does a caller that waits beyond the bound
    reopening,  ///< a caller has decided
    given_up,   ///< and the gates are open for the generations that were running
};

/// With the set's number, so that a verdict on an earlier set means nothing to a later one.
constexpr std::uint64_t verdict_on(std::uint32_t set, set_verdict is) noexcept {
    return (std::uint64_t{set} << 2) | static_cast<std::uint64_t>(is);
}

/// Of the set whose first gate has the slot.
struct set_record {
    std::atomic<std::uint64_t> verdict{0};
    std::atomic<std::int64_t> bound{0};  ///< nanoseconds of the steady clock
};

/// One for the process; never destroyed, because threads may end after everything else has.
class thread_registry {
public:
    static thread_registry& get() noexcept;

    /// Makes the calling thread's marks visible to swaps; false while the thread is ending.
    bool enroll() noexcept;
    /// Folds the thread's leases into the shared counts; they can still be given back, from any thread.
    void fold(thread_cells& cells) noexcept;
    /// Calls `f(thread_cells&, hold_sites const&)` with those of the thread of that number, which does not end meanwhile;
    /// false, without a call, if it has ended.
    template <class F>
    bool with_thread(std::uint64_t number, F f) noexcept {
        mutex_lock const lock(mutex_);
        for (thread const& t : threads_)
            if (t.number == number) {
                f(*t.cells, std::as_const(*t.sites));
                return true;
            }
        return false;
    }

    /// Errors:   throws std::length_error if all are taken.
    std::uint32_t claim_slot(gate& by);
    /// Effects:  a slot on which a lease was never given back is not used again.
    void release_slot(std::uint32_t index) noexcept;

    /// Leases held on the slot now, by threads and shared.
    std::uint64_t leases(std::uint32_t index) const noexcept;

    /// The threads that hold the slot.
    std::vector<slot_holder> holders(std::uint32_t index) const;

    /// Names of the slots, among those that are in use, on which this thread has a hold.
    std::vector<std::string> held_by_this_thread() const;

    std::array<std::atomic<std::uint64_t>, max_slots> shared{};
    /// For each slot whose gate is closed, the number of the set that was closed together, which is even; 0: it is open. One
    /// more: the set is sealed, because it has been seen empty.
    std::array<std::atomic<std::uint32_t>, max_slots> set_of{};
    std::array<measured_slot, max_slots> measured{};

    std::array<std::atomic<std::uint32_t>, max_slots>
        leader_of{};  ///< of each slot that is closed, the first of its set
    std::array<set_record, max_slots> sets{};

    /// For a caller that waits at the closed gate of slot `index`: opens the whole set, if its bound is over.
    void open_if_overdue(std::uint32_t index) noexcept;

    /// Whether a closing gate may rely on membarrier; if not, no thread ever takes the short way in.
    bool const asymmetric;

private:
    void open_set(std::uint32_t number) noexcept;

    struct thread {
        thread_cells* cells;
        hold_sites* sites;
        std::uint64_t number;
        int kernel_number;
    };

    thread_registry() noexcept;

    mutable mutex mutex_;
    std::vector<thread> threads_ HOTSWAP_GUARDED_BY(mutex_);
    std::array<bool, max_slots> claimed_ HOTSWAP_GUARDED_BY(mutex_){};
    std::array<gate*, max_slots> gates_ HOTSWAP_GUARDED_BY(mutex_){};
};

/// Where the calling thread's hold on the slot began; made, if it is `wanted` and was not yet.
/// Null: it was not; or memory is out, or the thread is not enrolled, so that no swap could read it.
hold_site* this_thread_site(std::uint32_t index, bool wanted) noexcept;

/// Makes every running thread of the process pass a memory barrier.
void barrier_on_all_threads() noexcept;

}  // namespace hotswap::detail
