#include "swap/transaction.hpp"

#include "base/refuse.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace hotswap::detail {

transaction::transaction(hotswap::operation operation, std::vector<std::unique_ptr<change>> changes,
                         transaction_terms terms)
    : operation_(operation), changes_(std::move(changes)), terms_(terms) {}

// The journal keeps an intent without an outcome, and the files that the intent names.
transaction::~transaction() {
    if (intent_ == 0) return;
    if (is_committed_)
        terms_.durable->not_durable(intent_);
    else
        terms_.durable->refused(intent_, errc::out_of_memory);  // an exception ended the operation
}

result<void> transaction::run() {
    if (auto prepared = prepare(); !prepared) return prepared;
    if (active_.empty()) return {};
    for (auto* const each : active_) each->reserve(terms_.on_probation);
    if (auto begun = begin(); !begun) return begun;
    if (auto moved = move_states(); !moved) return refused(moved.error());
    make_durable();
    settle();
    return {};
}

result<void> transaction::prepare() {
    for (auto const& each : changes_) {
        if (auto prepared = each->prepare(terms_.limits); !prepared) return prepared;
        if (each->is_idle()) continue;
        active_.push_back(each.get());
        slots_.push_back(&each->component());
    }
    std::vector<std::string> changed;
    for (auto const* const each : slots_) changed.push_back(each->name());
    for (auto* const each : active_)
        if (auto free = each->check_neighbours(changed); !free) return free;
    return {};
}

// Before the gates close: stores the intent.
result<void> transaction::begin() {
    if (terms_.durable == nullptr) return {};
    auto noted = active_.front()->steps().run(phase::persist, [&] {
        return terms_.durable->begin(to_string(operation_), parts(), terms_.on_probation);
    });
    if (!noted) return noted.error();
    intent_ = *noted;
    return {};
}

result<void> transaction::move_states() {
    for (;;) {
        auto done = pause_once();
        if (done) return done;
        if (is_refused_by_host_) return done;
        // The gates are open here.
        bool const are_whole = std::ranges::all_of(active_, [](auto* each) { return each->is_whole(); });
        bool const may_try_again =
            std::ranges::any_of(active_, [&](auto* each) { return each->may_try_again(done.error()); });
        // Without a budget, a constructor kept the callers waiting: it would do so again.
        bool const is_overdue =
            done.error().code == errc::pause_budget_exceeded && terms_.limits.pause_budget.count() == 0;
        if (!are_whole || !may_try_again || is_overdue) return done;
        if (auto again = prepare_again(); !again) return again;
    }
}

// Leaving the scope with a failure opens the gates for the old generations.
result<void> transaction::pause_once() {
    for (auto* const each : active_) each->gates_close();
    closed_gates closed(slots_, terms_.limits);
    if (auto drained = drain(closed); !drained) return drained;
    if (auto moved = transfer(closed); !moved) return moved;
    commit(closed);
    return {};
}

result<void> transaction::drain(closed_gates& closed) {
    auto drained = active_.front()->steps().run(phase::drain, [&] { return closed.drain(); });
    if (!drained) {
        auto why = drained.error();
        why.component = slots_[closed.held_up()]->name();
        return why;
    }
    auto const took = active_.front()->steps().phases().back().duration;
    for (std::size_t i = 1; i != active_.size(); ++i)
        if (auto noted = active_[i]->steps().record(phase::drain, took, {}); !noted) return noted;
    return {};
}

// If one change fails, the changes so far are undone behind the gates.
result<void> transaction::transfer(closed_gates& closed) {
    std::size_t reached = 0;
    auto const undo = [&](failure* why) noexcept {
        while (reached-- != 0) active_[reached]->undo(why);
    };
    try {
        while (reached != active_.size()) {
            auto moved = active_[reached++]->transfer(closed);
            if (moved) continue;
            auto why = moved.error();
            undo(&why);
            return why;
        }
        if (auto ready = may_commit(); !ready) {
            auto why = ready.error();
            undo(&why);
            return why;
        }
    } catch (...) {
        undo(nullptr);
        throw;
    }
    return {};
}

result<void> transaction::may_commit() {
    for (auto* const each : active_)
        if (auto const stopped = each->steps().stop_at(phase::commit, "before"))
            return each->steps().refused(*stopped, phase::commit);
    if (terms_.before_commit == nullptr || !*terms_.before_commit) return {};
    is_refused_by_host_ = true;  // also by an exception
    if (auto agreed = (*terms_.before_commit)(); !agreed)
        return active_.front()->steps().refused(agreed.error(), phase::commit);
    is_refused_by_host_ = false;
    return {};
}

// The point of no return: nothing in it can fail.
void transaction::commit(closed_gates& closed) noexcept {
    auto const before = closed.length();
    for (auto* const each : active_) each->commit();
    closed.open();
    is_committed_ = true;
    auto const took = closed.length() - before;
    for (std::size_t i = 0; i != active_.size(); ++i) active_[i]->publish(closed, i, took);
}

result<void> transaction::prepare_again() {
    for (auto* const each : active_)
        if (auto again = each->prepare_again(terms_.limits); !again) return again;
    return {};
}

failure transaction::refused(failure why) {
    if (intent_ != 0) terms_.durable->refused(std::exchange(intent_, 0), why.code);
    return why;
}

std::vector<durable_part> transaction::parts() const {
    std::vector<durable_part> all;
    for (auto const* const each : active_) all.push_back(each->part());
    return all;
}

// The new generations serve already: a failure here can only be reported.
void transaction::make_durable() {
    for (auto* const each : active_) each->end_moving();
    if (intent_ == 0) return;
    auto& steps = active_.front()->steps();
    auto done = steps.run(phase::persist, [&]() -> result<void> {
        try {
            return terms_.durable->commit(intent_, parts(), steps);
        } catch (std::bad_alloc const&) {
            return refuse(errc::out_of_memory, phase::persist,
                          "the host is out of memory; free some, and checkpoint()");
        }
    });
    if (done)
        intent_ = 0;
    else
        for (auto* const each : active_) each->report().not_durable = done.error();
}

void transaction::settle() {
    for (auto* const each : active_) each->settle();
}

std::vector<swap_report> transaction::take_reports() {
    std::vector<swap_report> all;
    for (auto const& each : changes_) all.push_back(std::move(each->report()));
    return all;
}

}  // namespace hotswap::detail
