#include "transfer/other_states.hpp"

namespace hotswap::detail {

namespace {

std::uint64_t elements_of(generation const& of) {
    std::uint64_t bytes = 0;
    std::uint64_t elements = 0;
    abi::error why;
    auto const counted = of.module->api().measure_state(of.state.get(), &bytes, &elements, &why);
    return counted == abi::status::ok ? elements : 0;
}

}  // namespace

result<void> by_handoff::in_pause(closed_gates& closed, next_generation& next) {
    closed.use_running();
    void* const state = context_.component.running().state.get();
    auto valid = context_.steps.run(phase::migrate, [&]() -> result<void> {
        // Two modules with equal names and layouts may still look for an entry in different places.
        if (auto const why = lookup_difference(*next->module, state); !why.empty())
            return handoff_refusal(next->module->staged().name(), why, phase::migrate);
        return validate_state(*next->module, state);
    });
    if (!valid) return valid;
    return context_.steps.run(phase::construct, [&]() -> result<void> {
        if (auto in_time = closed.check_budget(); !in_time) return in_time;
        if (auto gave_up = context_.released.release(); !gave_up) return gave_up;
        auto made = construct(*next, state);
        if (!made) return made.error();
        next->instance = std::move(*made);
        return closed.check_budget();
    });
}

namespace {

// A standby generation that cannot take everything back keeps nothing.
result<void> resume_or_release(generation& standby) {
    auto done = resume_instance(standby);
    if (done) return done;
    standby.is_released = false;
    static_cast<void>(release_instance(standby));
    return done;
}

}  // namespace

result<void> from_standby::in_pause(closed_gates& closed, next_generation& next) {
    closed.use_running();
    auto& slot = context_.component;
    auto& dropped = report_.discarded;
    dropped.happened = true;
    dropped.calls = slot.gate()->measured_calls().calls;
    dropped.elements_now = elements_of(slot.running());
    dropped.elements_before = elements_of(*slot.standby());
    if (auto gave_up = context_.released.release(); !gave_up)
        return context_.steps.refused(gave_up.error(), phase::construct);
    if (auto back = resume_or_release(*slot.standby()); !back)
        return context_.steps.refused(back.error(), phase::construct);
    next.put_back(slot.take_standby());
    return {};
}

void from_standby::undo(next_generation& next) noexcept {
    if (next.is_taken()) return;
    static_cast<void>(release_instance(*next));
    context_.component.stand_by(next.take());
}

}  // namespace hotswap::detail
