#include "swap/replace.hpp"

#include "base/refuse.hpp"
#include "swap/module_calls.hpp"
#include "swap/pause.hpp"
#include "swap/precopy.hpp"
#include "swap/prediction.hpp"
#include "swap/rehearsal.hpp"
#include "swap/rested_work.hpp"
#include "swap/route.hpp"
#include "swap/transfer.hpp"

#include <hotswap/state/frame.hpp>

#include <exception>
#include <thread>
#include <utility>

namespace hotswap::detail {

namespace {

/// What a replacement has found out and done so far.
struct progress {
    slot& in;
    step_recorder& steps;
    route way{};
    swap_report report{};
    std::size_t steps_before_pause = 0;
};

// The point of no return, and nothing in it can fail: the new generation takes the old one's place, the gate
// opens.
std::unique_ptr<generation> commit(progress& p, pause& closed, next_generation& next) noexcept {
    auto old = p.in.exchange(next.take());
    closed.open(p.in.running().instance.contract());
    p.steps.mark_committed();
    return old;
}

// A large table that is freed in one piece takes processor and allocator from the callers for as long as that takes.
void free_rows(slot& in, generation& old) {
    auto const& module = *old.module;
    bool const has_rows = (module.file().own_state().flags & abi::state_tables) != 0;
    if (!has_rows || module.api().free_rows == nullptr || !old.state) return;
    in.dismiss(old);                                  // its destructor may still look at them
    std::this_thread::sleep_for(rest_before_slices);  // the callers who waited are just waking up
    for (;;) {
        auto const began = std::chrono::steady_clock::now();
        if (module.api().free_rows(old.state.get(), work_slice.count())) return;
        rest_after(began);
    }
}

// After the commit the callers are served by the new generation already.
swap_report finish(progress& p, pause& closed, next_generation& next, precopy* tables) {
    std::unique_ptr<generation> old;
    p.steps.run(phase::commit, [&]() -> result<void> {
        old = commit(p, closed, next);
        return {};
    });
    p.steps.tell();
    if (tables != nullptr) {
        tables->end();  // its code may be that of the old module
        p.report.tables = std::move(tables->report());
        p.report.attempts = tables->attempts();
    }
    p.in.remember(*old);
    p.steps.run(phase::retire, [&]() -> result<void> {
        free_rows(p.in, *old);
        p.report.unload = p.in.retire(std::move(old));
        return {};
    });
    p.in.sweep_retained();
    p.in.publish_facts(true);
    auto& report = p.report;
    report.to = p.in.running().info();
    report.path = p.way.path;
    report.phases = p.steps.phases();
    report.pause = closed.length();
    report.calls_held = closed.calls_held();
    report.longest_wait = closed.longest_wait();
    report.total = p.steps.elapsed();
    learn_from(p.in, report);
    p.steps.finish(fmt::format("{} → {}, pause {}, {} calls held, old code {}", report.from.release,
                               report.to.release, to_string(report.pause), report.calls_held,
                               to_string(report.unload.verdict)));
    return std::move(report);
}

result<void> migrate(progress& p, generation& next, std::uint32_t version, std::span<std::byte const> payload,
                     argument_view const& with) {
    return p.steps.run(phase::migrate, [&]() -> result<void> {
        auto imported = import_state(*next.module, version, payload, with);
        if (!imported) return imported.error();
        if (auto valid = validate_state(*next.module, imported->get()); !valid) return valid;
        next.state = std::move(*imported);
        return {};
    });
}

// One closing of the gate. Leaving this scope with a failure opens it for the old generation.
result<swap_report> replace_in_pause(progress& p, replacement const& by, next_generation& next,
                                     precopy& tables, argument_view const& with) {
    state_transfer moving(p.in, p.steps, p.way, *by.arguments, with);
    if (by.pause_budget.count() > 0) moving.expect_budget();
    if (by.transfer == transfer::snapshot && !tables.is_ready()) moving.expect_snapshot();
    p.steps.hold_back();
    pause closed(*p.in.entrance, by.pause_budget);
    auto drained = p.steps.run(phase::drain, [&] { return closed.drain(by.drain_deadline); });
    if (!drained) return drained.error();
    auto transferred = by.transfer == transfer::handoff ? moving.by_handoff(closed, *next)
                       : tables.is_ready()              ? moving.by_precopy(closed, next, tables)
                                                        : moving.by_snapshot(closed, next);
    if (!transferred) return transferred.error();
    return finish(p, closed, next, &tables);
}

}  // namespace

result<staged_module> stage_and_verify(staging_area& area, step_recorder& steps,
                                       std::filesystem::path const& file, std::string const& name,
                                       contract wanted) {
    auto staged = steps.run(phase::stage, [&] { return area.stage(file, name); });
    if (!staged) return staged.error();
    steps.bytes(staged->size());
    auto verified = steps.run(phase::verify, [&]() -> result<module_file> {
        auto judged = verify_module(staged->bytes(), name);
        if (!judged || judged->contract() == wanted) return judged;
        return refuse(
            errc::contract_mismatch, phase::verify,
            "{} implements the contract {} {}, the host asks for {} {}; load a module of that contract, or "
            "build both against the same header",
            name, judged->contract().name, judged->contract().number, wanted.name, wanted.number);
    });
    if (!verified) return verified.error();
    return staged_module{std::move(*staged), std::move(*verified)};
}

result<swap_report> replace(slot& in, staging_area& area, replacement const& by, step_recorder& steps) {
    steps.mark_old_serving();
    progress p{in, steps};
    p.report.component = in.entrance->name();
    p.report.from = in.running().info();
    p.report.transfer = by.transfer;
    argument_view const with(*by.arguments);
    module_file const& running = in.running().module->file();

    auto staged = stage_and_verify(area, steps, by.file, by.name, in.entrance->contract());
    if (!staged) return staged.error();
    if (auto fits = check_states(running, staged->verified, by.name); !fits)
        return steps.refused(fits.error(), phase::verify);
    module_file const& next_file = staged->verified;
    auto planned = steps.run(phase::plan, [&]() -> result<route> {
        auto found = find_route(running, next_file, by.name);
        if (!found) return found;
        if (auto allowed = check_loss(*found, by.allow_loss, by.name); !allowed) return allowed.error();
        if (by.transfer == transfer::handoff)
            if (auto fits = check_handoff(running, next_file, by.name); !fits) return fits.error();
        return found;
    });
    if (!planned) return planned.error();
    p.way = std::move(*planned);
    auto rehearsed = rehearse_if_wanted(in, *staged, by, p.way, steps);
    if (!rehearsed) return rehearsed.error();
    p.report.rehearsal = std::move(*rehearsed);

    auto module = steps.run(phase::load, [&] {
        return loaded_module::load(std::move(staged->file), std::move(staged->verified));
    });
    if (!module) return module.error();
    next_generation next(in, std::move(*module), by.source);

    precopy tables(in, next->module, p.way, with);
    if (by.transfer == transfer::snapshot)
        if (auto copied = tables.run(steps, by.drain_deadline); !copied) return copied.error();
    p.steps_before_pause = steps.phases().size();
    for (;;) {
        auto done = replace_in_pause(p, by, next, tables, with);
        if (done) return done;
        steps.tell();
        if (next.is_taken()) return done;
        next->instance = {};
        next->state = {};
        steps.forget_from(p.steps_before_pause);
        auto again = tables.try_again(done.error(), steps, by.drain_deadline);
        if (!again) return again.error();
        if (!*again) return done;
    }
}

result<swap_report> restore(slot& in, std::span<std::byte const> bytes, restore_options const& options,
                            step_recorder& steps) {
    steps.mark_old_serving();
    progress p{in, steps};
    p.report.component = in.entrance->name();
    p.report.from = in.running().info();
    argument_view const with(options.arguments);
    auto const module = in.running().module;

    auto content = steps.run(phase::verify, [&] { return read_frame(bytes); });
    if (!content) return content.error();
    steps.bytes(bytes.size());
    auto planned = steps.run(phase::plan, [&] {
        return find_import_route({content->schema, content->version, content->layout}, module->file(),
                                 module->staged().name());
    });
    if (!planned) return planned.error();
    p.way = std::move(*planned);
    next_generation next(in, module, in.running().source);
    // The state of a frame is nobody's yet: it is read while the old one still serves.
    if (auto done = migrate(p, *next, content->version, content->payload, with); !done) return done.error();
    steps.bytes(content->payload.size());

    state_transfer moving(in, steps, p.way, options.arguments, with);
    if (options.pause_budget.count() > 0) moving.expect_budget();
    steps.hold_back();
    pause closed(*in.entrance, options.pause_budget);
    if (auto drained = steps.run(phase::drain, [&] { return closed.drain(options.drain_deadline); });
        !drained)
        return drained.error();
    if (auto made = moving.construct_on(closed, next); !made) return made.error();
    return finish(p, closed, next, nullptr);
}

}  // namespace hotswap::detail
