#include "transfer/from_object.hpp"

#include "transfer/from_tables.hpp"

#include <chrono>

namespace hotswap::detail {

namespace {

// The running module makes the older object with its own order and hash, on its own heap.
bool must_be_copied(loaded_module const& running, loaded_module const& next) {
    bool const has_own_order = (next.file().own_state().flags & abi::state_own_order) != 0;
    return has_own_order || !heap_difference(running, next).empty();
}

}  // namespace

result<void> from_object::before_pause(pause_limits const& limits) {
    auto const& running = *context_.component.running().module;
    is_copied_ = goes_down() && must_be_copied(running, *next_module_);
    std::size_t const states = states_read(running.file(), next_module_->file(), context_.path);
    constructs_.expect(limits, memory_of(context_.component, states + (is_copied_ ? 1 : 0)));
    return {};
}

// The gates are open: the remains of the pause before are freed while callers are served.
result<void> from_object::prepare_again(pause_limits const& limits) {
    used_up_ = {};
    return before_pause(limits);
}

result<void> from_object::in_pause(closed_gates& closed, next_generation& next) {
    report_.transfer = transfer::direct;
    report_.serialized_because.clear();
    auto done = goes_down() ? step_down(next) : result<bool>(true);
    if (done && *done) done = read(next);
    if (!done) return done.error();
    return *done ? constructs_.run(closed, next, nullptr) : otherwise_.in_pause(closed, next);
}

// Runs one of the two steps. False if the object cannot be read: the serialized form is used then.
template <class F>
result<bool> from_object::attempt(phase step, F&& f) {
    auto& steps = context_.steps;
    if (auto injected = steps.stop_at(step, "before")) return steps.refused(*injected, step);
    auto const began = std::chrono::steady_clock::now();
    bool is_readable = true;
    result<void> const outcome = f(is_readable);
    if (!is_readable) {
        report_.transfer = transfer::snapshot;
        report_.serialized_because = "the running object cannot be read in place: " + outcome.error().message;
        return false;
    }
    auto done = steps.record(step, std::chrono::steady_clock::now() - began, outcome);
    if (!done) return done.error();
    return true;
}

// The running module makes the older state; the next module owns that state, unless it copies it.
result<bool> from_object::step_down(next_generation& next) {
    auto const& running = context_.component.running();
    return attempt(phase::export_, [&](bool& is_readable) -> result<void> {
        auto older = downgrade_object(*running.module, running.state.get(), context_.path.exchange_version,
                                      context_.view, is_copied_, used_up_, is_readable);
        if (!older) return older.error();
        if (is_copied_)
            older_ = *older;
        else
            next->state = owned_state(*older, next->module->api().destroy_state);
        return {};
    });
}

result<bool> from_object::read(next_generation& next) {
    void const* const object = goes_down() ? older_ : context_.component.running().state.get();
    return attempt(phase::migrate, [&](bool& is_readable) -> result<void> {
        if (!next->state) {
            auto made = upgrade_object(*next->module, context_.path.exchange_version, object, context_.view,
                                       next->remains, is_readable);
            if (!made) return made.error();
            next->state = std::move(*made);
        }
        return validate_state(*next->module, next->state.get());
    });
}

std::unique_ptr<next_state> from_running(move_context const& context, std::shared_ptr<loaded_module> next,
                                         transfer how, pause_limits const& limits, swap_report& report) {
    if (how == transfer::direct) {
        report.serialized_because =
            reason_to_serialize(context.component.running().module->file(), next->file(), context.path,
                                limits.pause_budget.count() > 0);
        if (report.serialized_because.empty()) {
            report.transfer = transfer::direct;
            return std::make_unique<from_object>(context, std::move(next), report);
        }
    }
    report.transfer = transfer::snapshot;
    return std::make_unique<from_tables>(context, std::move(next));
}

}  // namespace hotswap::detail
