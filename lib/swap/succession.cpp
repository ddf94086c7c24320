#include "swap/succession.hpp"

#include "base/refuse.hpp"
#include "swap/prediction.hpp"
#include "swap/retiring.hpp"
#include "transfer/module_calls.hpp"

#include <new>
#include <utility>

namespace hotswap::detail {

namespace {

// The point of no return, and nothing in it can fail: the new generation takes the old one's place, the gate
// opens.
std::unique_ptr<generation> commit(slot& in, step_recorder& steps, pause& closed, next_generation& next,
                                   bool on_probation) noexcept {
    if (!next->state) {
        // Two instances on one state: the one that does not stay is gone before the gate opens for the other.
        in.running().instance = {};
        next->state = in.running().state.handed_to(next->module->api().destroy_state);
    }
    auto old = in.exchange(next.take());
    in.entrance->watch(on_probation);
    closed.open(in.running().instance.contract());
    steps.mark_committed();
    return old;
}

}  // namespace

succession::succession(slot& in, step_recorder& steps, persistence* keeper)
    : in_(in), steps_(steps), keeper_(keeper) {
    report.component = in.entrance->name();
    report.from = in.running().info();
}

// A journal keeps what has not ended, and the files that it names.
succession::~succession() {
    if (intent_ != 0) keeper_->not_durable(in_, intent_);
}

result<void> succession::begin(generation const& next) {
    news_ = in_.expect(next);
    if (keeper_ == nullptr) return {};
    auto noted = steps_.run(
        phase::persist, [&] { return keeper_->begin(in_, steps_.operation(), *next.module, on_probation); });
    if (!noted) return noted.error();
    intent_ = *noted;
    return {};
}

failure succession::refused(failure why) {
    if (intent_ != 0) keeper_->refused(in_, std::exchange(intent_, 0), why.code);
    return why;
}

// The new generation serves already, so that whatever goes wrong here can only be said.
void succession::persist(generation const& old, arguments const& with) {
    if (intent_ == 0) return;
    bool const is_moved = old.state && !report.discarded.happened && !on_other_state;
    auto done = steps_.run(phase::persist, [&]() -> result<void> {
        try {
            return is_moved ? keeper_->commit_from(in_, intent_, old, way, with)
                            : keeper_->commit_live(in_, intent_, steps_.sink());
        } catch (std::bad_alloc const&) {
            return refuse(errc::out_of_memory, phase::persist,
                          "the host is out of memory; free some, and checkpoint()");
        }
    });
    if (done)
        intent_ = 0;
    else
        report.not_durable = done.error();
}

// Once the commit is done the old generation must go, or stand by, whatever else fails.
void succession::let_go_of(std::unique_ptr<generation> old) noexcept {
    auto earlier = in_.take_standby();  // of a probation that is over with this commit
    if (on_probation) {
        in_.stand_by(std::move(old));
        report.unload.verdict = unload_verdict::standby;
    } else {
        report.unload = retire_in_slices(in_, std::move(old));
    }
    if (earlier) retire_in_slices(in_, std::move(earlier));
}

void succession::complete_report(pause const& closed) {
    report.to = in_.running().info();
    report.path = way.path;
    report.warnings = in_.running().module->file().warnings_in_words();
    report.phases = steps_.phases();
    report.pause = closed.length();
    report.calls_held = closed.calls_held();
    report.longest_wait = closed.longest_wait();
    report.total = steps_.elapsed();
}

void succession::settle(pause& closed, std::unique_ptr<generation>& old, precopy* tables,
                        arguments const& with) {
    if (tables != nullptr) {
        tables->end();  // its code may be that of the old module
        report.tables = std::move(tables->report());
        report.attempts = tables->attempts();
    }
    persist(*old, with);
    auto const name = old->module->staged().name();
    steps_.run(phase::retire, [&]() -> result<void> {
        let_go_of(std::move(old));
        return {};
    });
    if (on_probation) report.unload.module = name;
    in_.sweep_retained();
    complete_report(closed);
    learn_from(in_, report);
    steps_.finish(fmt::format("{} → {}, pause {}, {} calls held, old code {}", report.from.release,
                              report.to.release, to_string(report.pause), report.calls_held,
                              to_string(report.unload.verdict)));
}

// After the commit the callers are served by the new generation already.
swap_report succession::finish(pause& closed, next_generation& next, precopy* tables, arguments const& with) {
    std::unique_ptr<generation> old;
    try {
        steps_.run(phase::commit, [&]() -> result<void> {
            old = commit(in_, steps_, closed, next, on_probation);
            in_.announce(std::move(news_), on_probation);
            return {};
        });
        settle(closed, old, tables, with);
    } catch (...) {
        if (tables != nullptr) tables->end();
        if (old) let_go_of(std::move(old));
        throw;
    }
    return std::move(report);
}

// One closing of the gate. Leaving this scope with a failure opens it for the old generation.
result<swap_report> succession::carry_over_once(replacement const& by, next_generation& next, precopy& tables,
                                                argument_view const& with) {
    state_transfer moving(in_, steps_, way, *by.arguments, with);
    if (by.limits.pause_budget.count() > 0) moving.expect_budget();
    if (by.transfer == transfer::snapshot && !tables.is_ready()) moving.expect_snapshot();
    pause closed(in_, by.limits);
    auto drained = steps_.run(phase::drain, [&] { return closed.drain(); });
    if (!drained) return drained.error();
    auto transferred = by.transfer == transfer::handoff ? moving.by_handoff(closed, *next)
                       : tables.is_ready()              ? moving.by_precopy(closed, next, tables)
                                                        : moving.by_snapshot(closed, next);
    if (!transferred) return transferred.error();
    return finish(closed, next, &tables, *by.arguments);
}

result<swap_report> succession::go_on_with(next_generation& next, pause_limits const& limits,
                                           arguments const& with) {
    if (auto noted = begin(*next); !noted) return noted.error();
    argument_view const view(with);
    state_transfer moving(in_, steps_, way, with, view);
    if (limits.pause_budget.count() > 0) moving.expect_budget();
    auto done = [&]() -> result<swap_report> {
        pause closed(in_, limits);
        auto drained = steps_.run(phase::drain, [&] { return closed.drain(); });
        if (!drained) return drained.error();
        if (auto made = moving.construct_on(closed, next); !made) return made.error();
        return finish(closed, next, nullptr, with);
    }();
    if (!done) return refused(done.error());
    return done;
}

swap_report succession::do_nothing() {
    in_.sweep_retained();
    report.to = report.from;
    report.path = {report.from.schema_version};
    report.phases = steps_.phases();
    report.total = steps_.elapsed();
    steps_.finish(fmt::format("{} runs already, from a file of the same content: nothing is done",
                              report.from.release));
    return std::move(report);
}

result<swap_report> succession::carry_over(replacement const& by, next_generation& next) {
    argument_view const with(*by.arguments);
    precopy tables(in_, next->module.shared(), way, with);
    if (by.transfer == transfer::snapshot)
        if (auto copied = tables.run(steps_, by.limits); !copied) return copied.error();
    if (auto noted = begin(*next); !noted) return noted.error();
    std::size_t const steps_before_pause = steps_.phases().size();
    for (;;) {
        auto done = carry_over_once(by, next, tables, with);
        if (done) return done;
        if (next.is_taken()) return refused(done.error());
        next->instance = {};
        next->state = {};
        steps_.forget_from(steps_before_pause);
        auto again = tables.try_again(done.error(), steps_, by.limits);
        if (!again) return refused(again.error());
        if (!*again) return refused(done.error());
    }
}

}  // namespace hotswap::detail
