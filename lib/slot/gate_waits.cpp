// Callers that wait for a gate without a thread.
#include "slot/closed_here.hpp"

#include <hotswap/detail/base/mutex.hpp>
#include <hotswap/detail/slot/gate.hpp>

#include <utility>

namespace hotswap::detail {

// The opening stores the turn before it takes the waits, under the mutex: so it takes every wait that sees
// the gate closed here.
gate::wait gate::await_opening(std::shared_ptr<opening_wait> who) noexcept {
    auto const is_open = [this] { return turn_.load(std::memory_order_acquire) % 2 == 0; };
    if (!ended_.load(std::memory_order_acquire) && is_open()) return wait::is_open;
    if (is_forked()) return wait::is_gone;  // a thread of the parent may hold the mutex
    mutex_lock const lock(waiting_mutex_);
    if (ended_.load(std::memory_order_acquire)) return wait::is_gone;
    if (is_open()) return wait::is_open;
    who->stage_.store(opening_wait::stage::waiting, std::memory_order_release);
    waiting_.add(std::move(who));
    return wait::begun;
}

void gate::drop_stopped_waits() noexcept {
    if (is_forked()) return;
    mutex_lock lock(waiting_mutex_);
    auto const stopped = waiting_.without_stopped();
    lock.unlock();  // the waits destroy their functions without the mutex
}

void gate::call_waiting(opening how) noexcept {
    if (is_forked()) return;
    mutex_lock lock(waiting_mutex_);
    auto those = std::move(waiting_);
    lock.unlock();
    those.mark(how);
    call_behind_no_gate(std::move(those));
}

}  // namespace hotswap::detail
