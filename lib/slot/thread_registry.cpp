#include "slot/thread_registry.hpp"

#include "slot/closed_here.hpp"

#include <hotswap/detail/base/mutex.hpp>

#include <linux/membarrier.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string_view>

namespace hotswap::detail {

constinit thread_local thread_cells this_thread_cells{};

namespace {

long membarrier(int command) noexcept { return syscall(SYS_membarrier, command, 0, 0); }

#if defined(__SANITIZE_THREAD__)
constexpr bool ordered_by_operations = true;
#else
constexpr bool ordered_by_operations = false;
#endif

bool can_be_asymmetric() noexcept {
    if (ordered_by_operations) return true;
    // The operator's switch for a sandbox that kills processes for an unknown system call.
    char const* const wish = std::getenv("HOTSWAP_MEMBARRIER");
    if (wish != nullptr && std::string_view(wish) == "off") return false;
    return membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0;
}

std::atomic<std::uint64_t> next_thread_number{1};

enum class presence { unknown, enrolled, ended };
constinit thread_local presence own_presence = presence::unknown;

constinit thread_local hold_sites own_sites{};

struct enrollment {
    ~enrollment() {
        own_presence = presence::ended;
        thread_registry::get().fold(this_thread_cells);
        own_sites.clear();
    }
};

}  // namespace

hold_site* this_thread_site(std::uint32_t index, bool wanted) noexcept {
    if (own_presence != presence::enrolled) return nullptr;
    return wanted ? own_sites.make(index) : own_sites.find(index);
}

void barrier_on_all_threads() noexcept {
    if (!ordered_by_operations && thread_registry::get().asymmetric)
        membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
    // Without membarrier, callers' marks and the closing of the gate are sequentially consistent already.
}

thread_registry& thread_registry::get() noexcept {
    alignas(thread_registry) static unsigned char memory[sizeof(thread_registry)];
    static auto* const registry = ::new (memory) thread_registry;
    return *registry;
}

// A fork copies the registry whole: the child's first call, and the end of its threads, need the mutex.
thread_registry::thread_registry() noexcept : asymmetric(can_be_asymmetric()) {
    // One function locks and another unlocks: no compiler can follow that.
    pthread_atfork([]() HOTSWAP_UNCHECKED_LOCKING { get().mutex_.lock(); },
                   []() HOTSWAP_UNCHECKED_LOCKING { get().mutex_.unlock(); },
                   []() HOTSWAP_UNCHECKED_LOCKING { get().mutex_.unlock(); });
}

bool thread_registry::enroll() noexcept {
    if (own_presence != presence::unknown) return own_presence == presence::enrolled;
    try {
        auto const number = next_thread_number.fetch_add(1, std::memory_order_relaxed);
        mutex_lock const lock(mutex_);
        threads_.push_back({&this_thread_cells, &own_sites, number, gettid()});
        this_thread_cells.number = number;
    } catch (...) {
        return false;  // out of memory: this call is counted in the shared count, the next one tries again
    }
    own_presence = presence::enrolled;
    static thread_local enrollment const ends_with_the_thread{};
    static_cast<void>(ends_with_the_thread);
    return true;
}

void thread_registry::fold(thread_cells& cells) noexcept {
    mutex_lock const lock(mutex_);
    for (std::size_t i = 0; i != max_slots; ++i) {
        auto& cell = cells.of[i];
        std::uint64_t const outer = cell.outer.load(std::memory_order_relaxed) == lease_cell::held ? 1 : 0;
        std::uint64_t const count = outer + cell.nested.load(std::memory_order_relaxed);
        if (count != 0) shared[i].fetch_add(count);
        cell.outer.store(lease_cell::unknown, std::memory_order_relaxed);
        cell.nested.store(0, std::memory_order_relaxed);
    }
    std::erase_if(threads_, [&cells](thread const& t) { return t.number == cells.number; });
    cells.number = 0;  // a lease that this thread gives back from now on is also in the shared count
}

std::uint32_t thread_registry::claim_slot(gate& by) {
    mutex_lock const lock(mutex_);
    auto const free = std::find(claimed_.begin(), claimed_.end(), false);
    if (free == claimed_.end()) throw std::length_error("every slot of the process is taken");
    *free = true;
    auto const index = static_cast<std::uint32_t>(free - claimed_.begin());
    gates_[index] = &by;
    return index;
}

void thread_registry::release_slot(std::uint32_t index) noexcept {
    bool const forgotten = leases(index) != 0;
    mutex_lock const lock(mutex_);
    claimed_[index] = forgotten;
    gates_[index] = nullptr;
    set_of[index].store(0, std::memory_order_relaxed);
}

std::vector<std::string> thread_registry::held_by_this_thread() const {
    std::vector<std::string> names;
    mutex_lock const lock(mutex_);
    for (std::size_t i = 0; i != max_slots; ++i) {
        auto const& cell = this_thread_cells.of[i];
        bool const is_held = cell.outer.load(std::memory_order_relaxed) == lease_cell::held ||
                             cell.nested.load(std::memory_order_relaxed) != 0;
        if (is_held && gates_[i] != nullptr) names.push_back(gates_[i]->name());
    }
    return names;
}

void thread_registry::open_if_overdue(std::uint32_t index) noexcept {
    auto const number = set_of[index].load(std::memory_order_acquire) & ~1U;
    auto& record = sets[leader_of[index].load(std::memory_order_acquire)];
    auto limited = verdict_on(number, set_verdict::limited);
    auto const reopening = verdict_on(number, set_verdict::reopening);
    auto const is_over = [&record] {
        auto const now = std::chrono::steady_clock::now().time_since_epoch();
        return std::chrono::nanoseconds(now).count() >= record.bound.load(std::memory_order_relaxed);
    };
    if (number == 0 || record.verdict.load(std::memory_order_acquire) != limited || !is_over()) return;
    if (!record.verdict.compare_exchange_strong(limited, reopening)) return;
    if (!is_over()) {  // only an earlier bound was over: the operation has set a new one since
        record.verdict.store(verdict_on(number, set_verdict::limited), std::memory_order_release);
        return;
    }
    open_set(number);
    record.verdict.store(verdict_on(number, set_verdict::given_up), std::memory_order_release);
}

// The operation waits for the verdict, and its gates live until then: the mutex guards only the list, because
// opening a gate runs foreign code. The waits for an opening are called when all gates of the set are open.
void thread_registry::open_set(std::uint32_t number) noexcept {
    behind_gates const here(number);
    std::array<bool, max_slots> are_of_it{};
    for (std::size_t i = 0; i != max_slots; ++i)
        are_of_it[i] = (set_of[i].load(std::memory_order_relaxed) & ~1U) == number;
    for (std::size_t i = 0; i != max_slots; ++i)
        if (are_of_it[i]) set_of[i].store(0, std::memory_order_seq_cst);
    for (std::size_t i = 0; i != max_slots; ++i) {
        if (!are_of_it[i]) continue;
        gate* opened = nullptr;
        {
            mutex_lock const lock(mutex_);
            opened = gates_[i];
        }
        if (opened != nullptr) opened->reopen();
    }
}

std::vector<slot_holder> thread_registry::holders(std::uint32_t index) const {
    mutex_lock const lock(mutex_);
    std::vector<slot_holder> found;
    for (thread const& t : threads_) {
        auto const& cell = t.cells->of[index];
        if (cell.outer.load(std::memory_order_seq_cst) != lease_cell::held &&
            cell.nested.load(std::memory_order_seq_cst) == 0)
            continue;
        auto& known = found.emplace_back();
        known.thread = t.kernel_number;
        if (auto const* const site = t.sites->find(index)) {
            known.file = site->file.load(std::memory_order_acquire);
            known.line = site->line.load(std::memory_order_relaxed);
            known.since = site->since.load(std::memory_order_relaxed);
        }
    }
    return found;
}

std::uint64_t thread_registry::leases(std::uint32_t index) const noexcept {
    mutex_lock const lock(mutex_);
    std::uint64_t count = 0;
    for (thread const& t : threads_) {
        auto const& cell = t.cells->of[index];
        // In this order: a hold that moves from outer to nested is counted in nested before it leaves outer.
        if (cell.outer.load(std::memory_order_seq_cst) == lease_cell::held) ++count;
        count += cell.nested.load(std::memory_order_seq_cst);
    }
    // Last: a lease becomes shared while its thread still holds it.
    return count + shared[index].load(std::memory_order_seq_cst);
}

}  // namespace hotswap::detail
