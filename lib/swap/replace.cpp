#include "swap/replace.hpp"

#include "base/refuse.hpp"
#include "module/static_block.hpp"
#include "rehearsal/rehearsal.hpp"
#include "slot/contract_fit.hpp"
#include "swap/succession.hpp"
#include "transfer/module_calls.hpp"
#include "transfer/route.hpp"
#include "transfer/transfer.hpp"

#include <hotswap/detail/state/frame.hpp>

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace hotswap::detail {

namespace {

result<void> migrate(step_recorder& steps, generation& next, std::uint32_t version,
                     std::span<std::byte const> payload, argument_view const& with) {
    return steps.run(phase::migrate, [&]() -> result<void> {
        auto imported = import_state(*next.module, version, payload, with);
        if (!imported) return imported.error();
        if (auto valid = validate_state(*next.module, imported->get()); !valid) return valid;
        next.state = std::move(*imported);
        return {};
    });
}

}  // namespace

namespace {

result<route> plan_way(module_file const& from, module_file const& to, replacement const& by) {
    if (by.fresh_state) return way_of_fresh_state(to);
    auto found = find_route(from, to, by.name);
    if (!found) return found;
    if (auto allowed = check_loss(*found, by.allow_loss, by.name); !allowed) return allowed.error();
    if (by.transfer == transfer::handoff)
        if (auto fits = check_handoff(from, to, by.name); !fits) return fits.error();
    return found;
}

result<void> begin_afresh(step_recorder& steps, generation& next) {
    steps.warn(phase::migrate, fmt::format("the running state is DROPPED: {} begins with a default state, as "
                                           "swap_options::fresh_state asks",
                                           next.module->staged().name()));
    return steps.run(phase::migrate, [&]() -> result<void> {
        auto made = create_state(*next.module);
        if (!made) return made.error();
        if (auto valid = validate_state(*next.module, made->get()); !valid) return valid;
        next.state = std::move(*made);
        return {};
    });
}

}  // namespace

result<swap_report> replace(slot& in, staging_area& area, replacement const& by, step_recorder& steps) {
    steps.mark_old_serving();
    succession s(in, steps, by.keeper);
    s.report.transfer = by.transfer;
    s.on_probation = by.on_probation;
    module_file const& running = in.running().module->file();

    auto staged = stage_and_verify(area, steps, by.file, by.name, in.entrance->contract(), by.copy.get());
    if (!staged) return staged.error();
    s.report.same_content = runs_already(in, *staged);
    if (s.report.same_content && !by.even_if_unchanged) {
        s.report.warnings = staged->verified.warnings_in_words();
        return s.do_nothing();
    }
    if (!by.fresh_state)
        if (auto fits = check_states(running, staged->verified, by.name); !fits)
            return steps.refused(fits.error(), phase::verify);
    // A revert may take what is left; nothing else may take that from it.
    if (by.copy == nullptr)
        if (auto room = expect_room_for_revert(running.static_block_bytes,
                                               staged->verified.static_block_bytes, by.name);
            !room)
            return steps.refused(room.error(), phase::plan);
    auto planned = steps.run(phase::plan, [&] { return plan_way(running, staged->verified, by); });
    if (!planned) return planned.error();
    s.way = std::move(*planned);
    auto rehearsed = rehearse_if_wanted(in, area, *staged, by, s.way, steps);
    if (!rehearsed) return rehearsed.error();
    s.report.rehearsal = std::move(*rehearsed);

    auto module = steps.run(phase::load, [&] { return load_staged(area, std::move(*staged)); });
    if (!module) return module.error();
    next_generation next(in, std::move(*module), by.source, by.settings);
    if (!by.fresh_state) return s.carry_over(by, next);
    s.on_other_state = true;
    s.report.state_dropped = true;
    if (auto begun = begin_afresh(steps, *next); !begun) return begun.error();
    return s.go_on_with(next, by.limits, *by.arguments);
}

result<swap_report> restore(slot& in, std::span<std::byte const> bytes, restore_options const& options,
                            step_recorder& steps, persistence* keeper) {
    steps.mark_old_serving();
    succession s(in, steps, keeper);
    argument_view const with(options.arguments);
    auto const module = in.running().module.shared();

    auto content = steps.run(phase::verify, [&] { return read_frame(bytes); });
    if (!content) return content.error();
    steps.bytes(bytes.size());
    auto planned = steps.run(phase::plan, [&] {
        return find_import_route({content->schema, content->version, content->layout}, module->file(),
                                 module->staged().name());
    });
    if (!planned) return planned.error();
    s.way = std::move(*planned);
    s.on_other_state = true;
    next_generation next(in, module, in.running().source);
    // The state of a frame is nobody's yet: it is read while the old one still serves.
    if (auto done = migrate(steps, *next, content->version, content->payload, with); !done)
        return done.error();
    steps.bytes(content->payload.size());
    return s.go_on_with(next, {options.drain_deadline, options.pause_budget}, options.arguments);
}

}  // namespace hotswap::detail
