#include "transfer/from_tables.hpp"

namespace hotswap::detail {

result<void> from_tables::expect(pause_limits const& limits) {
    if (!tables_.is_ready()) return otherwise_.before_pause(limits);
    constructs_.expect(limits);
    return {};
}

result<void> from_tables::before_pause(pause_limits const& limits) {
    if (auto copied = tables_.run(context_.steps, limits); !copied) return copied;
    return expect(limits);
}

result<void> from_tables::prepare_again(pause_limits const& limits) {
    if (auto copied = tables_.prepare_again(context_.steps, limits); !copied) return copied;
    return expect(limits);
}

result<void> from_tables::in_pause(closed_gates& closed, next_generation& next) {
    if (!tables_.is_ready()) return otherwise_.in_pause(closed, next);
    auto now = context_.steps.run(phase::export_, [&]() -> result<outline> {
        auto made = outline_of(context_.component.running());
        if (!made) return made;
        if (auto in_time = closed.check_budget(); !in_time) return in_time.error();
        return made;
    });
    if (!now) return now.error();
    context_.steps.bytes(now->size());
    auto completed = context_.steps.run(phase::migrate, [&]() -> result<void> {
        if (auto done = tables_.finish(*now, next->state); !done) return done;
        return validate_state(*next->module, next->state.get());
    });
    if (!completed) return completed;
    return constructs_.run(closed, next, nullptr);
}

// Ends the copy here: its code may belong to the old module.
void from_tables::end(swap_report& report) noexcept {
    tables_.end();
    report.tables = std::move(tables_.report());
    report.attempts = tables_.attempts();
}

}  // namespace hotswap::detail
