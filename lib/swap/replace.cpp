#include "swap/replace.hpp"

#include "base/refuse.hpp"
#include "swap/module_calls.hpp"
#include "swap/pause.hpp"
#include "swap/precopy.hpp"
#include "swap/route.hpp"

#include <hotswap/state/frame.hpp>

#include <exception>
#include <utility>

namespace hotswap::detail {

namespace {

/// A generation on its way: unless it is taken out, it is retired when the scope ends, after the gate has
/// opened.
class next_generation {
public:
    next_generation(slot& in, std::shared_ptr<loaded_module> module, std::filesystem::path source)
        : slot_(in), made_(begin_generation(in, std::move(module), std::move(source))) {}
    ~next_generation() {
        if (!made_) return;
        try {
            slot_.retire(std::move(made_));
        } catch (std::exception const&) {
            // Out of memory while looking at the process's map: the module is closed all the same.
        }
    }
    next_generation(next_generation const&) = delete;
    next_generation& operator=(next_generation const&) = delete;

    generation& operator*() const noexcept { return *made_; }
    generation* operator->() const noexcept { return made_.get(); }
    std::unique_ptr<generation> take() noexcept { return std::move(made_); }

private:
    slot& slot_;
    std::unique_ptr<generation> made_;
};

/// What a replacement has found out and done so far.
struct progress {
    slot& in;
    step_recorder& steps;
    route way{};
    swap_report report{};
    byte_buffer payload{};  // here, so that it is freed after the gate has opened
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

result<void> construct_on(progress& p, pause const& closed, generation& next, void* state) {
    return p.steps.run(phase::construct, [&]() -> result<void> {
        if (auto in_time = closed.check_budget(); !in_time) return in_time;
        auto made = construct(next, state);
        if (!made) return made.error();
        next.instance = std::move(*made);
        return closed.check_budget();
    });
}

// Behind the gate: everything that is undone by opening it again.
result<void> transfer_by_snapshot(progress& p, pause const& closed, generation& next,
                                  argument_view const& with) {
    auto exported = p.steps.run(phase::export_, [&]() -> result<void> {
        auto const& now = p.in.running();
        if (auto done = export_state(*now.module, now.state.get(), p.way.meeting, with, p.payload); !done)
            return done;
        return closed.check_budget();
    });
    if (!exported) return exported;
    p.steps.bytes(p.payload.size());
    if (auto done = migrate(p, next, p.way.meeting, p.payload.bytes(), with); !done) return done;
    p.steps.bytes(p.payload.size());
    return construct_on(p, closed, next, next.state.get());
}

// As by snapshot, but the rows of the tables are there already.
result<void> transfer_by_precopy(progress& p, pause const& closed, generation& next, precopy& tables) {
    auto now = p.steps.run(phase::export_, [&]() -> result<outline> {
        auto made = outline_of(p.in.running());
        if (!made) return made;
        if (auto in_time = closed.check_budget(); !in_time) return in_time.error();
        return made;
    });
    if (!now) return now.error();
    p.steps.bytes(now->size());
    auto completed = p.steps.run(phase::migrate, [&]() -> result<void> {
        if (auto done = tables.finish(*now, next.state); !done) return done;
        return validate_state(*next.module, next.state.get());
    });
    if (!completed) return completed;
    return construct_on(p, closed, next, next.state.get());
}

result<void> transfer_by_handoff(progress& p, pause const& closed, generation& next) {
    void* const state = p.in.running().state.get();
    auto valid = p.steps.run(phase::migrate, [&] { return validate_state(*next.module, state); });
    if (!valid) return valid;
    if (auto made = construct_on(p, closed, next, state); !made) {
        next.instance = {};
        return made;
    }
    // Two instances on one state: the one that does not stay is gone before the gate opens for the other.
    p.in.running().instance = {};
    next.state = p.in.running().state.handed_to(next.module->api().destroy_state);
    return {};
}

// One closing of the gate. Leaving this scope with a failure opens it for the old generation.
result<swap_report> replace_in_pause(progress& p, replacement const& by, next_generation& next,
                                     precopy& tables, argument_view const& with) {
    p.steps.hold_back();
    pause closed(*p.in.entrance, by.pause_budget);
    auto drained = p.steps.run(phase::drain, [&] { return closed.drain(by.drain_deadline); });
    if (!drained) return drained.error();
    auto transferred = by.transfer == transfer::handoff ? transfer_by_handoff(p, closed, *next)
                       : tables.is_ready()              ? transfer_by_precopy(p, closed, *next, tables)
                                                        : transfer_by_snapshot(p, closed, *next, with);
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
    auto module = steps.run(phase::load, [&] {
        return loaded_module::load(std::move(staged->file), std::move(staged->verified));
    });
    if (!module) return module.error();
    next_generation next(in, std::move(*module), by.source);

    auto planned = steps.run(phase::plan, [&]() -> result<route> {
        auto found = find_route(running, next->module->file(), by.name);
        if (!found) return found;
        if (auto allowed = check_loss(*found, by.allow_loss, by.name); !allowed) return allowed.error();
        if (by.transfer == transfer::handoff)
            if (auto fits = check_handoff(running, next->module->file(), by.name); !fits) return fits.error();
        return found;
    });
    if (!planned) return planned.error();
    p.way = std::move(*planned);

    precopy tables(in, next->module, p.way, with);
    if (by.transfer == transfer::snapshot)
        if (auto copied = tables.run(steps, by.drain_deadline); !copied) return copied.error();
    p.steps_before_pause = steps.phases().size();
    for (;;) {
        auto done = replace_in_pause(p, by, next, tables, with);
        if (done) return done;
        steps.tell();
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

    steps.hold_back();
    pause closed(*in.entrance, options.pause_budget);
    if (auto drained = steps.run(phase::drain, [&] { return closed.drain(options.drain_deadline); });
        !drained)
        return drained.error();
    if (auto made = construct_on(p, closed, *next, next->state.get()); !made) return made.error();
    return finish(p, closed, next, nullptr);
}

}  // namespace hotswap::detail
