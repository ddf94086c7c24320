#include "transfer/from_serialized.hpp"

#include "transfer/budgeted_sink.hpp"

#include <utility>

namespace hotswap::detail {

// Page faults on fresh memory are most of the cost of serializing: they happen while the callers are served.
result<void> from_serialized::before_pause(pause_limits const& limits) {
    auto& slot = context_.component;
    constructs_.expect(limits, memory_of(slot, states_serialized(context_.path)));
    payload_ = std::make_unique<byte_buffer>();
    auto const last = slot.pauses().last_payload();
    payload_->prepare(last + last / 8);
    return {};
}

result<void> from_serialized::export_to(closed_gates const& closed, byte_buffer& payload) {
    auto const& now = context_.component.running();
    auto const version = context_.path.exchange_version;
    auto exported = context_.steps.run(phase::export_, [&]() -> result<void> {
        result<void> done;
        if (closed.has_budget()) {
            budgeted_sink limited(payload, closed.deadline());
            done = export_state(*now.module, now.state.get(), version, context_.view, limited.sink());
        } else {
            done = export_state(*now.module, now.state.get(), version, context_.view, payload.sink());
        }
        // A sink that ran out of time looks like one that ran out of memory.
        if (auto in_time = closed.check_budget(); !in_time) return in_time;
        return done;
    });
    if (!exported) return exported;
    context_.steps.bytes(payload.size());
    context_.component.pauses().note_payload(payload.size());
    return {};
}

result<void> from_serialized::in_pause(closed_gates& closed, next_generation& next) {
    if (auto done = export_to(closed, *payload_); !done) return done;
    return constructs_.run(closed, next, std::move(payload_));
}

}  // namespace hotswap::detail
