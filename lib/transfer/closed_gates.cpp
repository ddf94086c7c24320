#include "transfer/closed_gates.hpp"

#include "base/refuse.hpp"
#include "report/step_recorder.hpp"

#include <hotswap/report.hpp>

#include <algorithm>
#include <string_view>

namespace hotswap::detail {

namespace {

constexpr std::chrono::nanoseconds a_year = std::chrono::hours(24 * 365);

template <class T, class F>
std::vector<T> of_each(std::span<slot* const> slots, F&& f) {
    std::vector<T> all;
    all.reserve(slots.size());
    for (auto* const each : slots) all.push_back(f(*each));
    return all;
}

std::vector<std::string_view> names_of(std::span<slot* const> slots) {
    return of_each<std::string_view>(slots, [](slot& slot) { return std::string_view(slot.name()); });
}

}  // namespace

held_events::held_events(std::span<slot* const> of)
    : watch_(of.front()->host().gates),
      entries_(of_each<closed_gate>(of, [](slot& slot) { return closed_gate{slot.gate().get().get()}; })) {}

held_events::~held_events() {
    gates_open();
    if (watch_ != nullptr) watch_->catch_up();
}

void held_events::begin(std::uint32_t set) noexcept {
    if (watch_ == nullptr) return;
    are_closed_ = true;
    for (auto& each : entries_) {
        each.set = set;
        watch_->closed(each);
    }
}

void held_events::gates_open() noexcept {
    if (!are_closed_) return;
    are_closed_ = false;
    for (auto& each : entries_) watch_->opened(each);
}

closed_gates::closed_gates(std::span<slot* const> slots, pause_limits const& limits)
    : held_(slots),
      slots_(slots.begin(), slots.end()),
      gates_(of_each<gate*>(slots, [](slot& slot) { return slot.gate().get().get(); })),
      held_before_(of_each<std::uint64_t>(slots, [](slot& slot) { return slot.gate()->calls_held(); })),
      limits_(limits),
      turn_(slots.front()->host().turns, names_of(slots), bound(), limits_.stop),
      set_(begin_holding(), number_) {}

// Holds events before the first gate closes, so that no event of a closed gate is delivered at once.
std::span<gate* const> closed_gates::begin_holding() noexcept {
    held_.begin(number_);
    return gates_;
}

closed_gates::closed_gates(slot& only, pause_limits const& limits)
    : closed_gates(std::span<slot* const>(std::initializer_list<slot*>{&only}), limits) {}

closed_gates::~closed_gates() {
    if (!opened_) reopen();
}

std::chrono::steady_clock::time_point closed_gates::deadline() const noexcept {
    return began_ + std::min(budget(), a_year);
}

// A deadline of years must not overflow the clock.
result<void> closed_gates::drain() {
    auto const longest = std::min(limits_.drain_deadline, a_year);
    auto const allowed = has_budget() ? std::min(longest, budget()) : longest;
    if (set_.wait_until_drained(began_ + allowed, limits_.stop)) return {};
    if (limits_.stop.stop_requested()) return stopped_by_host(phase::drain);
    gate const& full = *gates_[held_up()];
    std::uint64_t const out = full.leases();
    auto const which = gates_.size() == 1 ? std::string() : " of \"" + full.name() + "\"";
    if (has_budget() && allowed == budget())
        return refuse(errc::pause_budget_exceeded, phase::drain,
                      "{} lease{}{} still held after the pause budget of {}: {}; set a larger budget, or "
                      "keep leases short",
                      out, out == 1 ? "" : "s", which + (out == 1 ? " is" : " are"), to_string(budget()),
                      full.holders());
    return refuse(
        errc::drain_timeout, phase::drain,
        "{} lease{}{} still held after the drain deadline of {}: {}; keep leases short, or set a longer "
        "drain_deadline",
        out, out == 1 ? "" : "s", which + (out == 1 ? " is" : " are"), to_string(limits_.drain_deadline),
        full.holders());
}

result<void> closed_gates::check_budget() const {
    auto const so_far = length();
    if (!has_budget() || so_far <= budget()) return {};
    return refuse(
        errc::pause_budget_exceeded, phase::none,
        "the pause has taken {} already, its budget is {}; set a larger budget, or try the handoff transfer",
        to_string(so_far), to_string(budget()));
}

std::chrono::steady_clock::time_point closed_gates::bound() const noexcept {
    return std::chrono::steady_clock::now() + std::min(limits_.drain_deadline, a_year);
}

failure closed_gates::overdue(result<void> const& outcome_of_work) const {
    if (limits_.stop.stop_requested()) return stopped_by_host(phase::construct);
    return refuse(
        errc::pause_budget_exceeded, phase::construct,
        "the constructor took more than the drain deadline of {} while callers waited, and they were let "
        "through to the running generation{}{}; a constructor must not wait for a thread that calls the "
        "component; make it faster, or set a longer drain_deadline",
        to_string(limits_.drain_deadline),
        outcome_of_work ? "" : "; then it failed: ", outcome_of_work ? "" : outcome_of_work.error().message);
}

void closed_gates::open() noexcept {
    set_.before_opening();
    for (auto* const each : slots_) each->gate()->let_in(each->running().instance.contract());
    ended_at_ = std::chrono::steady_clock::now();
    for (auto* const each : gates_) each->wake();
    for (std::size_t i = 0; i != slots_.size(); ++i) {
        auto const now = slots_[i]->gate().get();
        if (now.get() == gates_[i]) continue;
        now->wake();
        gates_[i]->move();
    }
    ended();
}

void closed_gates::end() noexcept {
    set_.end();
    ended();
}

void closed_gates::reopen() noexcept {
    if (!set_.is_open()) set_.reopen();
    ended();
}

void closed_gates::ended() noexcept {
    if (opened_) return;
    if (ended_at_ == std::chrono::steady_clock::time_point()) ended_at_ = std::chrono::steady_clock::now();
    opened_ = true;
    held_.gates_open();
}

std::chrono::nanoseconds closed_gates::length() const noexcept {
    return (opened_ ? ended_at_ : std::chrono::steady_clock::now()) - began_;
}

std::uint64_t closed_gates::calls_held(std::size_t of) const noexcept {
    return gates_[of]->calls_held() - held_before_[of];
}

std::chrono::nanoseconds closed_gates::longest_wait(std::size_t of) const noexcept {
    return gates_[of]->longest_wait(ended_at_);
}

std::size_t closed_gates::held_up() const noexcept {
    auto const* const full = set_.held_up();
    auto const found = std::ranges::find(gates_, full);
    return found == gates_.end() ? 0 : static_cast<std::size_t>(found - gates_.begin());
}

}  // namespace hotswap::detail
