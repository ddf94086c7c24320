#include "transfer/transfer.hpp"

#include "base/refuse.hpp"
#include "transfer/budgeted_sink.hpp"

#include <exception>
#include <utility>

namespace hotswap::detail {

next_generation::next_generation(slot& in, std::shared_ptr<loaded_module> module,
                                 std::filesystem::path source, shared_settings with)
    : slot_(in), made_(begin_generation(in, std::move(module), std::move(source), std::move(with))) {}

next_generation::~next_generation() {
    if (!made_) return;
    try {
        slot_.retire(std::move(made_));
    } catch (std::exception const&) {
        // Out of memory while looking at the process's map: the module is closed all the same.
    }
}

// Page faults on fresh memory are most of what serializing costs: they are taken while the callers are served.
void state_transfer::expect_snapshot() noexcept {
    payload_->prepare(in_.last_payload + in_.last_payload / 8);
}

result<void> state_transfer::export_to(pause const& closed, byte_buffer& payload) {
    auto const& now = in_.running();
    auto exported = steps_.run(phase::export_, [&]() -> result<void> {
        result<void> done;
        if (closed.has_budget()) {
            budgeted_sink limited(payload, closed.deadline());
            done = export_state(*now.module, now.state.get(), way_.meeting, with_, limited.sink());
        } else {
            done = export_state(*now.module, now.state.get(), way_.meeting, with_, payload.sink());
        }
        // A sink that ran out of time looks like one that ran out of memory.
        if (auto in_time = closed.check_budget(); !in_time) return in_time;
        return done;
    });
    if (!exported) return exported;
    steps_.bytes(payload.size());
    in_.last_payload = payload.size();
    return {};
}

result<void> state_transfer::by_snapshot(pause const& closed, next_generation& next) {
    if (auto done = export_to(closed, *payload_); !done) return done;
    return import_and_construct(closed, next, std::move(payload_));
}

result<void> state_transfer::by_precopy(pause const& closed, next_generation& next, precopy& tables) {
    auto now = steps_.run(phase::export_, [&]() -> result<outline> {
        auto made = outline_of(in_.running());
        if (!made) return made;
        if (auto in_time = closed.check_budget(); !in_time) return in_time.error();
        return made;
    });
    if (!now) return now.error();
    steps_.bytes(now->size());
    auto completed = steps_.run(phase::migrate, [&]() -> result<void> {
        if (auto done = tables.finish(*now, next->state); !done) return done;
        return validate_state(*next->module, next->state.get());
    });
    if (!completed) return completed;
    return construct_on(closed, next);
}

result<void> state_transfer::by_handoff(pause const& closed, generation& next) {
    void* const state = in_.running().state.get();
    auto valid = steps_.run(phase::migrate, [&]() -> result<void> {
        // Equal names and layouts do not make two modules look for an entry in the same place.
        if (auto const why = lookup_difference(*next.module, state); !why.empty())
            return handoff_refusal(next.module->staged().name(), why, phase::migrate);
        return validate_state(*next.module, state);
    });
    if (!valid) return valid;
    if (auto made = construct_directly(closed, next, state); !made) {
        next.instance = {};
        return made;
    }
    return {};
}

result<void> state_transfer::construct_directly(pause const& closed, generation& next, void* state) {
    return steps_.run(phase::construct, [&]() -> result<void> {
        if (auto in_time = closed.check_budget(); !in_time) return in_time;
        auto made = construct(next, state);
        if (!made) return made.error();
        next.instance = std::move(*made);
        return closed.check_budget();
    });
}

result<void> state_transfer::construct_on(pause const& closed, next_generation& next) {
    return import_and_construct(closed, next, nullptr);
}

// With a budget the steps run on a thread of their own: what overruns it is left to itself, and the callers go on.
result<void> state_transfer::import_and_construct(pause const& closed, next_generation& next,
                                                  std::unique_ptr<byte_buffer> payload) {
    bool const reads = payload != nullptr;
    if (auto in_time = closed.check_budget(); !in_time)
        return steps_.refused(in_time.error(), reads ? phase::migrate : phase::construct);
    auto const first = reads ? phase::migrate : phase::construct;
    if (auto injected = steps_.stop_at(first, "before")) return steps_.refused(*injected, first);
    std::uint64_t const bytes = reads ? payload->size() : 0;
    auto const work = std::make_shared<gated_work>();
    work->payload = std::move(payload);
    work->version = way_.meeting;
    work->arguments = arguments_;
    work->next = next.take();
    work->module = work->next->module->staged().name();
    bool done = true;
    if (worker_ && closed.has_budget())
        done = worker_->run(work, closed.deadline());
    else
        work->run();
    if (!done) {
        in_.leave_running(work);
        return steps_.record(
            reads ? phase::migrate : phase::construct, closed.budget(),
            refuse(errc::pause_budget_exceeded, phase::construct,
                   "{} was still {} when the pause budget of {} was used up, and is left to itself; "
                   "give it more, or make it quicker",
                   work->module, reads ? "reading and migrating the state, or constructing," : "constructing",
                   to_string(closed.budget())));
    }
    next.put_back(std::move(work->next));
    used_ = std::move(work->payload);
    if (reads) {
        auto const migrated = steps_.record(phase::migrate, work->migrate_took, work->migrated);
        if (!migrated) return migrated;
        steps_.bytes(bytes);
    }
    auto constructed = steps_.record(phase::construct, work->construct_took, work->constructed);
    if (!constructed) return constructed;
    if (auto in_time = closed.check_budget(); !in_time)
        return steps_.refused(in_time.error(), phase::construct);
    return {};
}

}  // namespace hotswap::detail
