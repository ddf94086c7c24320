#include "slot/closed_set.hpp"

#include "slot/look_until.hpp"
#include "slot/thread_registry.hpp"

#include <sched.h>

#include <algorithm>

namespace hotswap::detail {

namespace {

set_record& record_of(std::span<gate* const> gates) noexcept {
    return thread_registry::get().sets[gates.front()->index()];
}

}  // namespace

closed_set::closed_set(std::span<gate* const> gates, std::uint32_t number) noexcept
    : gates_(gates), number_(number) {
    auto& registry = thread_registry::get();
    record_of(gates_).verdict.store(verdict_on(number_, set_verdict::closed), std::memory_order_seq_cst);
    // A thread inside one gate of the set that meets another one closed must find itself inside the set.
    for (auto* const each : gates_) {
        registry.leader_of[each->index()].store(gates_.front()->index(), std::memory_order_relaxed);
        registry.set_of[each->index()].store(number_, std::memory_order_seq_cst);
    }
    for (auto* const each : gates_) each->shut(number_);
    barrier_on_all_threads();
    for (auto const* const each : gates_) each->tell_draining(true);
}

closed_set::~closed_set() {
    if (!is_open_ && end_limit()) reopen();
    record_of(gates_).verdict.store(0, std::memory_order_relaxed);
}

bool closed_set::drain() noexcept {
    auto const are_empty = [this] {
        return std::ranges::all_of(gates_, [](auto const* each) { return each->drained(); });
    };
    if (!are_empty()) return false;
    if (gates_.size() == 1) return true;
    // A thread inside one gate may have entered another after that one was seen empty. The seal prevents
    // that.
    for (auto* const each : gates_) each->seal(true);
    if (are_empty()) return true;
    for (auto* const each : gates_) each->seal(false);
    return false;
}

bool closed_set::wait_until_drained(std::chrono::steady_clock::time_point deadline,
                                    std::stop_token const& stop) noexcept {
    bool is_drained = false;
    auto const is_over = [&] {
        is_drained = drain();
        return is_drained || stop.stop_requested();
    };
    look_until(is_over, deadline);
    return is_drained;
}

gate const* closed_set::held_up() const noexcept {
    auto const found = std::ranges::find_if(gates_, [](auto const* each) { return !each->drained(); });
    return found == gates_.end() ? nullptr : *found;
}

void closed_set::limit(std::chrono::steady_clock::time_point bound) noexcept {
    auto& record = record_of(gates_);
    record.bound.store(std::chrono::nanoseconds(bound.time_since_epoch()).count(), std::memory_order_relaxed);
    record.verdict.store(verdict_on(number_, set_verdict::limited), std::memory_order_release);
}

void closed_set::limit_is_over() noexcept { record_of(gates_).bound.store(0, std::memory_order_relaxed); }

bool closed_set::end_limit() noexcept {
    auto& verdict = record_of(gates_).verdict;
    for (;;) {
        auto known = verdict.load(std::memory_order_acquire);
        if (known == verdict_on(number_, set_verdict::closed)) return true;
        if (known == verdict_on(number_, set_verdict::limited) &&
            verdict.compare_exchange_strong(known, verdict_on(number_, set_verdict::closed)))
            return true;
        if (known == verdict_on(number_, set_verdict::given_up)) {
            is_open_ = true;
            return false;
        }
        sched_yield();  // a caller is opening the gates
    }
}

void closed_set::before_opening() noexcept {
    auto& set_of = thread_registry::get().set_of;
    for (auto* const each : gates_) set_of[each->index()].store(0, std::memory_order_seq_cst);
    is_open_ = true;
}

void closed_set::reopen() noexcept {
    before_opening();
    for (auto* const each : gates_) each->let_in(each->before());
    for (auto* const each : gates_) each->wake();
}

void closed_set::end() noexcept {
    is_open_ = true;
    for (auto* const each : gates_) each->end();
}

}  // namespace hotswap::detail
