#include <hotswap/detail/base/mutex.hpp>
#include <hotswap/detail/slot/gate.hpp>

#include "base/refuse.hpp"
#include "slot/closed_here.hpp"
#include "slot/look_until.hpp"
#include "slot/thread_registry.hpp"

#include <fmt/format.h>

#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <ctime>

#include <algorithm>
#include <exception>
#include <fstream>
#include <thread>
#include <utility>

namespace hotswap::detail {

gate::gate(std::string name, std::string contract_name, std::uint32_t contract_number,
           std::uint32_t functions)
    : index_(thread_registry::get().claim_slot(*this)),
      turn_(1),
      name_(std::move(name)),
      contract_name_(std::move(contract_name)),
      contract_number_(contract_number),
      functions_(functions),
      process_(getpid()) {}

gate::~gate() {
    call_waiting(opening::gone);
    thread_registry::get().release_slot(index_);
}

// The callers' side.

namespace {

std::int64_t steady_now() noexcept {
    return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Notes the outermost hold of this thread on a slot with measured calls. False without memory: that call does
// not count.
bool begin_measuring(std::uint32_t index) noexcept {
    auto* const site = this_thread_site(index, true);
    if (site == nullptr) return false;
    site->exceptions = std::uncaught_exceptions();
    site->since.store(steady_now(), std::memory_order_relaxed);
    return true;
}

// `in_flight_before`: exceptions of this thread from before the call.
void end_measuring(std::uint32_t index, hold_site& site, int in_flight_before) noexcept {
    auto& counts = thread_registry::get().measured[index];
    counts.calls.fetch_add(1, std::memory_order_relaxed);
    if (std::uncaught_exceptions() > in_flight_before) counts.errors.fetch_add(1, std::memory_order_relaxed);
    counts.nanoseconds.fetch_add(steady_now() - site.since.load(std::memory_order_relaxed),
                                 std::memory_order_relaxed);
    site.since.store(0, std::memory_order_relaxed);
}

// Ends a lease in the cell in which it was taken, and erases its notes. The cell belongs to this thread, or
// to a thread that cannot end meanwhile.
void give_back(lease_cell& cell, hold_site* site, hold how, std::uint32_t index, bool said,
               bool on_own_thread) noexcept {
    if (site != nullptr && said) {
        site->file.store(nullptr, std::memory_order_relaxed);
        if (how != hold::measured) site->since.store(0, std::memory_order_relaxed);
    }
    if (site != nullptr && how == hold::measured)
        end_measuring(index, *site, on_own_thread ? site->exceptions : 0);
    if (how == hold::outer)
        cell.outer.store(lease_cell::idle, std::memory_order_release);
    else
        cell.nested.fetch_sub(1, std::memory_order_release);
}

}  // namespace

// One try to enter. The mark is stored before the gate is read, both sequentially consistent: this is the way
// in for threads that no membarrier reaches.
admission gate::try_admit(lease_cell& cell, bool enrolled, bool counted) noexcept {
    auto& shared = thread_registry::get().shared[index_];
    if (enrolled)
        cell.nested.fetch_add(1, std::memory_order_seq_cst);
    else
        shared.fetch_add(1, std::memory_order_seq_cst);
    if (void* const contract = open_.load(std::memory_order_seq_cst))
        return {contract, enrolled ? hold::nested : hold::shared};
    if (void* const contract = measured_.load(std::memory_order_seq_cst)) {
        if (!enrolled || !counted) return {contract, enrolled ? hold::nested : hold::shared};
        return {contract, begin_measuring(index_) ? hold::measured : hold::nested};
    }
    if (enrolled)
        cell.nested.fetch_sub(1, std::memory_order_release);
    else
        shared.fetch_sub(1, std::memory_order_release);
    return {};
}

namespace {

// Whether this thread has a hold on a gate of the closed set `set`.
bool is_inside(std::uint32_t set) noexcept {
    auto const& set_of = thread_registry::get().set_of;
    for (std::size_t i = 0; i != max_slots; ++i) {
        if ((set_of[i].load(std::memory_order_relaxed) & ~1U) != set) continue;
        auto const& cell = this_thread_cells.of[i];
        if (cell.outer.load(std::memory_order_relaxed) == lease_cell::held ||
            cell.nested.load(std::memory_order_relaxed) != 0)
            return true;
    }
    return false;
}

// The interval at which a waiting caller checks whether its pause is over the bound.
constexpr timespec between_looks{0, 100'000'000};

// Most pauses are shorter than falling asleep and waking, and a caller that wakes takes the processor from
// the thread that opened the gate: so a caller stays awake at first.
bool turns_soon(std::atomic<std::uint32_t> const& turn, std::uint32_t from) noexcept {
    for (int look = 0; look != 16; ++look) {
        if (turn.load(std::memory_order_acquire) != from) return true;
        if (look >= 12) sched_yield();
    }
    return false;
}

// std::atomic::wait has no deadline.
void sleep_until_turned(std::atomic<std::uint32_t> const& turn, std::uint32_t from) noexcept {
    static_assert(sizeof turn == sizeof from);
    syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, from, &between_looks, nullptr, 0);
}

void wake_sleepers(std::atomic<std::uint32_t> const& turn) noexcept {
    syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
}

}  // namespace

// Lets in a thread that is inside another gate of the set, because the drain waits for its progress. The
// thread stores the mark before it reads the seal, and the drain seals before it looks for marks the last
// time, all sequentially consistent: either the drain sees the mark, or the thread sees the seal. The thread
// stays awake while the set is sealed, because breaking a seal wakes no thread.
admission gate::admit_within_set(lease_cell& cell, bool enrolled) noexcept {
    auto const& set_of = thread_registry::get().set_of[index_];
    for (;;) {
        std::uint32_t const set = set_of.load(std::memory_order_acquire) & ~1U;
        if (set == 0) return {};
        if (set == set_closed_here()) return {.would_deadlock = true};
        if (!enrolled || !is_inside(set)) return {};
        cell.nested.fetch_add(1, std::memory_order_seq_cst);
        if (set_of.load(std::memory_order_seq_cst) == set)
            return {inside_.load(std::memory_order_acquire), hold::nested};
        cell.nested.fetch_sub(1, std::memory_order_release);
        sched_yield();
    }
}

admission gate::try_enter(lease_cell& cell, bool counted) noexcept {
    bool enrolled = false;
    admission const admitted = enter_now(cell, enrolled, counted);
    bool const is_answered = admitted.contract != nullptr || admitted.would_deadlock;
    return is_answered ? admitted : wait_and_admit(cell, enrolled, counted);
}

// Enters through the open gate, or if the thread is inside already. Sets whether the thread is `enrolled`.
admission gate::enter_now(lease_cell& cell, bool& enrolled, bool counted) noexcept {
    auto& registry = thread_registry::get();
    enrolled = registry.enroll();
    if (cell.outer.load(std::memory_order_relaxed) == lease_cell::held ||
        cell.nested.load(std::memory_order_relaxed) != 0) {
        // Inside already: the drain waits for this thread's progress, so the thread must not wait for the
        // drain. But another thread may hold that lease, and give it back at this moment: it counts only if
        // it is still out after this mark, because then no drain can have ended before the mark.
        bool const others = cell.nested.fetch_add(1, std::memory_order_seq_cst) != 0;
        if (others || cell.outer.load(std::memory_order_seq_cst) == lease_cell::held)
            return {inside_.load(std::memory_order_acquire), hold::nested};
        cell.nested.fetch_sub(1, std::memory_order_release);
    }
    if (enrolled && registry.asymmetric) cell.outer.store(lease_cell::idle, std::memory_order_relaxed);
    auto const admitted = try_admit(cell, enrolled, counted);
    return admitted.contract != nullptr ? admitted : admit_within_set(cell, enrolled);
}

// The gate may be closed again, by another set, before this thread is awake.
admission gate::wait_and_admit(lease_cell& cell, bool enrolled, bool counted) noexcept {
    calls_held_.fetch_add(1, std::memory_order_relaxed);
    std::int64_t const since = steady_now();
    std::int64_t none = 0;
    first_held_.compare_exchange_strong(none, since, std::memory_order_relaxed);
    admission admitted;
    for (;;) {
        std::uint32_t const turn = turn_.load(std::memory_order_acquire);
        if (ended_.load(std::memory_order_acquire)) break;
        if (promised_.load(std::memory_order_acquire)) {
            admitted.would_deadlock = true;
            break;
        }
        admitted = try_admit(cell, enrolled, counted);
        if (admitted.contract == nullptr) admitted = admit_within_set(cell, enrolled);
        if (admitted.contract != nullptr || admitted.would_deadlock) break;
        if (is_forked()) break;  // forked while the gate was closed: no thread here opens it
        if (turn % 2 == 1 && !turns_soon(turn_, turn)) {
            sleepers_.fetch_add(1, std::memory_order_seq_cst);
            sleep_until_turned(turn_, turn);
            sleepers_.fetch_sub(1, std::memory_order_relaxed);
        }
        thread_registry::get().open_if_overdue(index_);
    }
    std::int64_t const waited = steady_now() - since;
    std::int64_t longest = longest_wait_.load(std::memory_order_relaxed);
    while (longest < waited &&
           !longest_wait_.compare_exchange_weak(longest, waited, std::memory_order_relaxed)) {
    }
    return admitted;
}

admission gate::enter_slowly(lease_cell& cell) {
    admission const admitted = try_enter(cell);
    if (admitted.would_deadlock) {
        auto why = refuse(errc::would_deadlock, phase::none, "{}", way_back_here());
        why.component = name_;
        throw swap_error(std::move(why));
    }
    if (admitted.contract == nullptr) refuse_entry();
    return admitted;
}

admission gate::enter_if_open(lease_cell& cell) {
    bool enrolled = false;
    admission const admitted = enter_now(cell, enrolled, true);
    if (admitted.contract == nullptr && (ended_.load(std::memory_order_acquire) || is_forked()))
        refuse_entry();
    return admitted;
}

bool gate::is_forked() const noexcept { return process_ != getpid(); }

errc gate::why_gone() const noexcept {
    return !ended_.load(std::memory_order_acquire) && is_forked() ? errc::other_process
                                                                  : errc::component_gone;
}

void gate::leave_slowly(std::uint64_t owner, hold how, std::uint32_t index, bool said) noexcept {
    if (how == hold::shared) return unshare(index);
    if (owner == this_thread_cells.number)
        return give_back(this_thread_cells.of[index], this_thread_site(index, false), how, index, said, true);
    auto& registry = thread_registry::get();
    bool const lives = registry.with_thread(owner, [&](thread_cells& cells, hold_sites const& sites) {
        give_back(cells.of[index], sites.find(index), how, index, said, false);
    });
    if (lives) return;
    // The thread has ended, and the notes of its leases are gone; the leases themselves are in the shared
    // count.
    if (how == hold::measured) registry.measured[index].calls.fetch_add(1, std::memory_order_relaxed);
    unshare(index);
}

void gate::share() noexcept { thread_registry::get().shared[index_].fetch_add(1, std::memory_order_seq_cst); }

void gate::unshare(std::uint32_t index) noexcept {
    thread_registry::get().shared[index].fetch_sub(1, std::memory_order_release);
}

// The swap's side.

void gate::let_in(void* contract) noexcept {
    thread_registry::get().set_of[index_].store(0, std::memory_order_seq_cst);
    tell_draining(false);
    inside_.store(contract, std::memory_order_release);
    (is_measuring_ ? measured_ : open_).store(contract, std::memory_order_seq_cst);
    if (turn_.load(std::memory_order_relaxed) % 2 == 1) turn_.fetch_add(1, std::memory_order_seq_cst);
}

void gate::wake() noexcept {
    if (sleepers_.load(std::memory_order_seq_cst) != 0) wake_sleepers(turn_);
    call_waiting(opening::open);
}

void gate::shut(std::uint32_t number) noexcept {
    first_held_.store(0, std::memory_order_relaxed);
    longest_wait_.store(0, std::memory_order_relaxed);
    if (turn_.load(std::memory_order_relaxed) % 2 == 0) turn_.fetch_add(1, std::memory_order_release);
    thread_registry::get().set_of[index_].store(number, std::memory_order_seq_cst);
    open_.store(nullptr, std::memory_order_seq_cst);
    measured_.store(nullptr, std::memory_order_seq_cst);
}

void gate::seal(bool sealed) noexcept {
    auto& set = thread_registry::get().set_of[index_];
    auto const number = set.load(std::memory_order_relaxed) & ~1U;
    set.store(number | (sealed ? 1U : 0U), std::memory_order_seq_cst);
}

void gate::measure_calls(bool wanted) noexcept {
    if (wanted) {  // from zero, also after an earlier probation: its errors do not count
        auto& counts = thread_registry::get().measured[index_];
        counts.calls.store(0, std::memory_order_relaxed);
        counts.errors.store(0, std::memory_order_relaxed);
        counts.nanoseconds.store(0, std::memory_order_relaxed);
    }
    if (std::exchange(is_measuring_, wanted) == wanted || wanted) return;
    // A thread that reads `open_` and then `measured_` finds one of them set.
    if (void* const contract = measured_.load(std::memory_order_relaxed)) {
        open_.store(contract, std::memory_order_seq_cst);
        measured_.store(nullptr, std::memory_order_seq_cst);
    }
}

call_counts gate::measured_calls() const noexcept {
    auto const& counts = thread_registry::get().measured[index_];
    return {counts.calls.load(std::memory_order_relaxed), counts.errors.load(std::memory_order_relaxed),
            std::chrono::nanoseconds(counts.nanoseconds.load(std::memory_order_relaxed))};
}

bool gate::say_where(char const* file, std::uint32_t line, hold how) noexcept {
    auto* const made = this_thread_site(index_, true);
    if (made == nullptr) return false;
    auto& site = *made;
    if (site.file.load(std::memory_order_relaxed) != nullptr) return false;
    if (how != hold::measured) {  // a measured call has the exact time already
        timespec now{};
        clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
        site.since.store(std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec, std::memory_order_relaxed);
    }
    site.line.store(line, std::memory_order_relaxed);
    site.file.store(file, std::memory_order_release);
    return true;
}

void gate::end() noexcept {
    ended_.store(true, std::memory_order_release);
    shut(next_set_number());
    barrier_on_all_threads();
    tell_draining(true);
    turn_.fetch_add(2, std::memory_order_release);
    wake_sleepers(turn_);
    call_waiting(opening::gone);
}

std::uint32_t gate::closed_as() const noexcept {
    return thread_registry::get().set_of[index_].load(std::memory_order_acquire) & ~1U;
}

void gate::move() noexcept {
    has_moved_ = true;
    ended_.store(true, std::memory_order_release);
    turn_.fetch_add(2, std::memory_order_release);
    wake_sleepers(turn_);
    call_waiting(opening::gone);
}

// A caller that is awake again has noted its wait; the first caller has waited at least until the gate
// opened.
std::chrono::nanoseconds gate::longest_wait(std::chrono::steady_clock::time_point opened) const noexcept {
    std::int64_t const longest = longest_wait_.load(std::memory_order_relaxed);
    std::int64_t const first = first_held_.load(std::memory_order_relaxed);
    std::int64_t const at = std::chrono::nanoseconds(opened.time_since_epoch()).count();
    return std::chrono::nanoseconds(first == 0 ? longest : std::max(longest, at - first));
}

bool gate::drained() const noexcept { return leases() == 0; }

std::uint64_t gate::leases() const noexcept { return thread_registry::get().leases(index_); }

bool gate::wait_until_drained(std::chrono::steady_clock::time_point deadline) const noexcept {
    return look_until([this] { return drained(); }, deadline);
}

bool gate::held_by_this_thread() const noexcept {
    auto const& own = cell();
    return own.outer.load(std::memory_order_relaxed) == lease_cell::held ||
           own.nested.load(std::memory_order_relaxed) != 0;
}

}  // namespace hotswap::detail
