#include "transfer/construction.hpp"

#include "base/refuse.hpp"

#include <utility>

namespace hotswap::detail {

void construction::expect(pause_limits const& limits) {
    worker_.reset();
    if (limits.pause_budget.count() > 0) worker_.emplace(context_.component.entrance->name());
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
    if (worker_ && closed.has_budget()) {
        if (!worker_->run(work, closed.deadline())) return leave_it(work, closed, reads);
        constructed = work->constructed;
    } else if (work->migrate(); work->migrated) {
        constructed = closed.within_bound([&] {
            work->construct();
            return work->constructed;
        });
    }
    next.put_back(std::move(work->next));
    used_ = std::move(work->payload);
    if (auto done = note(*work, constructed, reads, bytes); !done) return done;
    if (auto in_time = closed.check_budget(); !in_time)
        return steps.refused(in_time.error(), phase::construct);
    return {};
}

result<void> construction::note(abandonable_work const& work, result<void> const& constructed, bool reads,
                                std::uint64_t bytes) {
    auto& steps = context_.steps;
    if (reads) {
        auto const migrated = steps.record(phase::migrate, work.migrate_took, work.migrated);
        if (!migrated) return migrated;
        steps.bytes(bytes);
    }
    return steps.record(phase::construct, work.construct_took, constructed);
}

result<void> construction::leave_it(std::shared_ptr<abandonable_work> const& work, closed_gates const& closed,
                                    bool reads) {
    context_.component.adopt_abandoned(work);
    return context_.steps.record(
        reads ? phase::migrate : phase::construct, closed.budget(),
        refuse(errc::pause_budget_exceeded, phase::construct,
               "{} was still {} when the pause budget of {} was used up, and is left to itself; "
               "give it more, or make it quicker",
               work->module, reads ? "reading and migrating the state, or constructing," : "constructing",
               to_string(closed.budget())));
}

}  // namespace hotswap::detail
