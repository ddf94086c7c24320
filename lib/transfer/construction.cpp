#include "transfer/construction.hpp"

#include "base/refuse.hpp"

#include <utility>

namespace hotswap::detail {

void construction::expect(pause_limits const& limits, std::size_t memory) {
    worker_.reset();
    reader_.reset();
    if (limits.pause_budget.count() == 0) return reserve_.take(memory);
    auto const& name = context_.component.name();
    worker_.emplace(name);
    if (context_.released.is_wanted()) reader_.emplace(name);
}

result<void> construction::run(closed_gates& closed, next_generation& next,
                               std::unique_ptr<byte_buffer> payload) {
    auto& steps = context_.steps;
    bool const reads = payload != nullptr;
    auto const first = reads ? phase::migrate : phase::construct;
    if (auto in_time = closed.check_budget(); !in_time) return steps.refused(in_time.error(), first);
    if (auto injected = steps.stop_at(first, "before")) return steps.refused(*injected, first);
    std::uint64_t const bytes = reads ? payload->size() : 0;
    auto const work = std::make_shared<abandonable_work>();
    work->payload = std::move(payload);
    work->version = context_.path.exchange_version;
    work->arguments = context_.arguments;
    work->next = next.take();
    work->module = work->next->module->staged().name();
    result<void> constructed;
    if (!run_steps(work, closed, constructed)) return leave_it(work, closed, reads);
    next.put_back(std::move(work->next));
    used_ = std::move(work->payload);
    if (auto done = note(*work, constructed, reads, bytes); !done) return done;
    if (auto in_time = closed.check_budget(); !in_time)
        return steps.refused(in_time.error(), phase::construct);
    return {};
}

// False: the work is abandoned. The running instance is released on this thread, which is never abandoned.
bool construction::run_steps(std::shared_ptr<abandonable_work> const& work, closed_gates& closed,
                             result<void>& constructed) {
    auto& released = context_.released;
    bool const is_bounded = worker_ && closed.has_budget();
    if (is_bounded && released.is_wanted()) {
        work->stops_before_construct = true;
        if (!work->next->state && !reader_->run(work, closed.deadline(), closed.stop())) return false;
        work->stops_before_construct = false;
    } else if (!is_bounded) {
        work->migrate();
    }
    if (!work->migrated) return true;
    if (released.is_wanted()) closed.use_running();
    if (auto gave_up = released.release(); !gave_up) {
        constructed = gave_up;
    } else if (is_bounded) {
        if (!worker_->run(work, closed.deadline(), closed.stop())) return false;
        constructed = work->constructed;
    } else {
        auto const construct = [&] {
            work->construct();
            return work->constructed;
        };
        constructed = closed.within_bound(construct);
    }
    return true;
}

result<void> construction::note(abandonable_work const& work, result<void> const& constructed, bool reads,
                                std::uint64_t bytes) {
    auto& steps = context_.steps;
    if (reads) {
        auto const migrated = steps.record(phase::migrate, work.migrate_took, work.migrated);
        if (!migrated) return migrated;
        steps.bytes(bytes);
    }
    return steps.record(phase::construct, context_.released.took() + work.construct_took, constructed);
}

result<void> construction::leave_it(std::shared_ptr<abandonable_work> const& work, closed_gates const& closed,
                                    bool reads) {
    context_.component.adopt_abandoned(work);
    auto const step = reads ? phase::migrate : phase::construct;
    if (auto stopped = context_.steps.stopped(step))
        return context_.steps.record(step, closed.length(), *stopped);
    return context_.steps.record(
        step, closed.budget(),
        refuse(errc::pause_budget_exceeded, phase::construct,
               "{} was still {} when the pause budget of {} was used up, and was abandoned; set a larger "
               "budget, or make the code faster{}",
               work->module, reads ? "reading and migrating the state, or constructing," : "constructing",
               to_string(closed.budget()),
               context_.released.is_released()
                   ? "; that constructor may hold the resources that the running instance released, until "
                     "it ends"
                   : ""));
}

}  // namespace hotswap::detail
