// The threads that have passed a gate, and all gates: here a swap looks for leases.
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
    int thread = 0;  ///< the kernel's number of the thread
    char const* file = nullptr;
    std::uint32_t line = 0;
    std::int64_t since = 0;  ///< as `hold_site::since`
};

/// The results of the measured calls of a slot.
struct measured_slot {
    std::atomic<std::uint64_t> calls{0};
    std::atomic<std::uint64_t> errors{0};
    std::atomic<std::int64_t> nanoseconds{0};
};

/// The decision about gates that are closed together.
enum class set_verdict : std::uint64_t {
    closed,     ///< the operation decides
    limited,    ///< a caller that waits beyond the bound may decide too
    reopening,  ///< a caller has decided
    given_up,   ///< the gates are open again for the generations that were running
};

/// The verdict with the set's number, so that a verdict on an earlier set means nothing to a later one.
constexpr std::uint64_t verdict_on(std::uint32_t set, set_verdict is) noexcept {
    return (std::uint64_t{set} << 2) | static_cast<std::uint64_t>(is);
}

/// The record of a set, at the slot of its first gate.
struct set_record {
    std::atomic<std::uint64_t> verdict{0};
    std::atomic<std::int64_t> bound{0};  ///< nanoseconds of the steady clock
};

/// The one registry of the process; never destroyed, because threads may end after everything else.
class thread_registry {
public:
    static thread_registry& get() noexcept;

    /// Makes the calling thread's marks visible to swaps; false while the thread is ending.
    bool enroll() noexcept;
    /// Folds the thread's leases into the shared counts; they can still be given back, from any thread.
    void fold(thread_cells& cells) noexcept;
    /// Calls `f(thread_cells&, hold_sites const&)` for the thread with that number, which does not end
    /// meanwhile; false, without a call, if the thread has ended.
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

    /// Errors:   throws std::length_error if all slots are taken.
    std::uint32_t claim_slot(gate& by);
    /// Effects:  a slot on which a lease was never given back is not used again.
    void release_slot(std::uint32_t index) noexcept;

    /// Leases held on the slot now, by threads and shared.
    std::uint64_t leases(std::uint32_t index) const noexcept;

    /// The threads that hold the slot.
    std::vector<slot_holder> holders(std::uint32_t index) const;

    /// The names of the used slots on which this thread has a hold.
    std::vector<std::string> held_by_this_thread() const;

    std::array<std::atomic<std::uint64_t>, max_slots> shared{};
    /// For each slot whose gate is closed, the number of its closed set, which is even; 0: the gate is open.
    /// One more: the set is sealed, because it has been seen empty.
    std::array<std::atomic<std::uint32_t>, max_slots> set_of{};
    std::array<measured_slot, max_slots> measured{};

    std::array<std::atomic<std::uint32_t>, max_slots>
        leader_of{};  ///< for each closed slot, the first slot of its set
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

/// The site of the calling thread's hold on the slot; makes a missing one if it is `wanted`.
/// Null: there is none; or memory is out, or the thread is not enrolled, so that no swap could read the site.
hold_site* this_thread_site(std::uint32_t index, bool wanted) noexcept;

/// Makes every running thread of the process pass a memory barrier.
void barrier_on_all_threads() noexcept;

}  // namespace hotswap::detail
