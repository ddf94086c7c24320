#include "swap/change.hpp"

#include "swap/prediction.hpp"
#include "swap/retiring.hpp"

#include <fmt/format.h>

#include <new>
#include <utility>

namespace hotswap::detail {

change::change(slot& of, step_recorder& steps, hotswap::arguments const& arguments)
    : slot_(of), steps_(steps), arguments_(arguments), view_(arguments), context_{slot_, steps_,
                                                                                  path_, arguments_,
                                                                                  view_, released_} {
    steps_.mark_old_serving();
    report_.component = slot_.name();
    report_.from = slot_.running().info();
    report_.operation_id = steps_.mark().id;
    report_.started = steps_.mark().started;
}

change::~change() {
    drop_next_callers();
    if (state_) state_->end(report_);
    if (!old_) return;
    free_used_up();
    let_go_of_old();
}

result<void> change::prepare(pause_limits const& limits) {
    if (auto chosen = choose(); !chosen) return chosen;
    return is_idle() ? result<void>() : state_->before_pause(limits);
}

result<void> change::hold_callers(implemented_contract const& next, std::string_view name,
                                  contract_step step) {
    contract_step_.emplace(std::move(step));
    auto& after = contract_step_->after;
    after.functions = next.revisions.functions_of(after.number);
    auto const callers = slot_.callers().get();
    if (!callers->end_with(next, after.view())) {
        auto held = callers->hold(next, name);
        if (!held) return steps_.refused(held.error(), phase::verify);
        held_callers_.emplace(std::move(*held));
        return {};
    }
    auto const& before = slot_.running().contract;
    auto made = std::make_shared<revision_callers>(
        std::make_shared<gate>(slot_.name(), after.name, after.number, after.functions));
    made->now_runs(next.revisions);
    made->gate()->promise(true);
    held_callers_.emplace(callers->hold_to_end());
    gate_->will_move(after.in_words());
    report_.ended_contract = before.in_words();
    notes_.push_back(words_on_ending(before, *contract_step_));
    steps_.warn(phase::verify, notes_.back());
    next_callers_ = std::move(made);
    slot_.set_next_callers(next_callers_);
    return {};
}

result<void> change::check_neighbours(std::span<std::string const> changed) {
    if (!next_callers_) return {};
    auto const warning = check_other_neighbours(slot_, changed, *contract_step_);
    if (!warning) return steps_.refused(warning.error(), phase::plan);
    if (warning->empty()) return {};
    notes_.push_back(*warning);
    steps_.warn(phase::plan, *warning);
    return {};
}

// Ends the next gate: a handle that got this gate already, behind the closed gates, ends too.
void change::drop_next_callers() noexcept {
    if (!next_callers_) return;
    slot_.set_next_callers(nullptr);
    std::exchange(next_callers_, nullptr)->gate()->end();
}

void change::reserve(bool on_probation) {
    on_probation_ = on_probation;
    if (contract_step_ && !next_->is_taken()) (*next_)->contract = contract_step_->after;
    // A standby generation leaves its place only in the pause.
    auto const& next = next_->is_taken() ? *slot_.standby() : **next_;
    pending_facts_ = slot_.prepare_facts(next);
    steps_before_pause_ = steps_.phases().size();
}

void change::undo(failure* why) noexcept {
    state_->undo(*next_);
    // Before the running instance takes its resources back.
    if (released_.is_released() && !next_->is_taken()) (*next_)->instance = {};
    auto const taken = released_.take_back();
    if (taken || why == nullptr) return;
    try {
        why->message += "; and " + taken.error().message;
    } catch (std::bad_alloc const&) {
        // The event and the status report it.
    }
}

bool change::is_whole() const noexcept {
    return state_->may_be_used_again() && (!next_->is_taken() || state_->brings_generation());
}

result<void> change::prepare_again(pause_limits const& limits) {
    if (!next_->is_taken()) (*next_)->instance = {};
    if (state_->comes_from_old()) (*next_)->state = {};
    if (!next_->is_taken()) (*next_)->remains = {};
    steps_.forget_from(steps_before_pause_);
    return state_->prepare_again(limits);
}

void change::commit() noexcept {
    auto& next = **next_;
    if (!next.state) {
        // Two instances use one state: the old one is destroyed before the gates open for the new one.
        slot_.running().instance = {};
        next.state = slot_.running().state.handed_to(next.module->api().destroy_state);
    }
    if (std::exchange(next_callers_, nullptr))
        slot_.move_to_next_callers();
    else if (contract_step_)
        slot_.gate()->renumber(contract_step_->after.number, contract_step_->after.functions);
    old_ = slot_.exchange(next_->take());
    slot_.gate()->measure_calls(on_probation_);
    steps_.mark_committed();
}

void change::publish(closed_gates const& closed, std::size_t index, std::chrono::nanoseconds took) noexcept {
    commit_took_ = took;
    slot_.publish(std::move(*pending_facts_), on_probation_);
    opened_at_ = std::chrono::steady_clock::now();
    report_.pause = closed.length();
    report_.calls_held = closed.calls_held(index);
    report_.longest_wait = closed.longest_wait(index);
}

durable_part change::part() const noexcept {
    auto const* const next = next_ && !next_->is_taken() ? &**next_ : nullptr;
    bool const from_old = old_ != nullptr && old_->state && state_->comes_from_old();
    return {.of = &slot_,
            .next = next != nullptr ? next->module.get() : slot_.running().module.get(),
            .old = from_old ? old_.get() : nullptr,
            .path = &path_,
            .arguments = &arguments_};
}

void change::end_moving() {
    state_->end(report_);
    static_cast<void>(steps_.record(phase::commit, commit_took_, {}));
}

void change::settle() {
    free_used_up();
    auto const name = old_->module->staged().name();
    report_.path = path_.versions;
    report_.phases = steps_.phases();
    learn_from(slot_, report_, *old_);
    take_leave_of(*old_);
    steps_.run(phase::retire, [&]() -> result<void> {
        let_go_of_old();
        return {};
    });
    if (on_probation_) report_.unload.module = name;
    slot_.sweep_retained();
    complete_report();
    slot_.announce_change();
    steps_.finish(fmt::format("{} → {}, pause {}, {} calls held, old code {}", report_.from.release,
                              report_.to.release, to_string(report_.pause), report_.calls_held,
                              to_string(report_.unload.verdict)));
}

// Callers are served: the intermediate versions of the state are freed before their code may be unloaded.
void change::free_used_up() noexcept {
    state_.reset();
    slot_.running().remains = {};
}

// After the commit the old generation is retired, or put on standby, even if something else fails.
void change::let_go_of_old() noexcept {
    auto earlier = slot_.take_standby();  // of a probation that this commit ends
    if (on_probation_) {
        slot_.stand_by(std::move(old_));
        report_.unload.verdict = unload_verdict::standby;
    } else {
        report_.unload = retire_in_slices(slot_, std::move(old_));
    }
    if (earlier) retire_in_slices(slot_, std::move(earlier));
}

std::vector<std::string> change::all_warnings(module_file const& about) const {
    auto all = about.warnings_in_words();
    all.insert(all.end(), notes_.begin(), notes_.end());
    return all;
}

void change::complete_report() {
    report_.to = slot_.running().info();
    report_.path = path_.versions;
    report_.warnings = all_warnings(slot_.running().module->file());
    report_.phases = steps_.phases();
    report_.longest_wait = gate_->longest_wait(opened_at_);
    report_.total = steps_.elapsed();
}

}  // namespace hotswap::detail
