#include "swap/lifecycle.hpp"

#include "base/refuse.hpp"
#include "durable/durability.hpp"
#include "module/release.hpp"
#include "module/static_block.hpp"
#include "rehearsal/rehearsal.hpp"
#include "swap/ending_callers.hpp"
#include "swap/prediction.hpp"
#include "transfer/closed_gates.hpp"
#include "transfer/migration_path.hpp"
#include "transfer/module_calls.hpp"
#include "transfer/precopy.hpp"
#include "transfer/state_copy.hpp"

#include <hotswap/detail/state/frame.hpp>

#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

namespace hotswap::detail {

namespace {

result<owned_state> state_from_frame(loaded_module const& module, std::span<std::byte const> bytes,
                                     argument_view const& arguments) {
    auto content = read_frame(bytes);
    if (!content) return content.error();
    auto path = find_import_path({content->schema, content->version, content->layout}, module.file(),
                                 module.staged().name());
    if (!path) return path.error();
    return import_state(module, content->version, content->payload, arguments);
}

result<owned_state> first_state(loaded_module const& module, load_options const& options) {
    if (!options.snapshot.empty() && !options.legacy.empty())
        return refuse(errc::invalid_argument, phase::migrate,
                      "load_options name both a snapshot and legacy data; name one of them");
    argument_view const arguments(options.arguments);
    auto made = !options.snapshot.empty() ? state_from_frame(module, options.snapshot, arguments)
                : !options.legacy.empty() ? adopt_state(module, options.legacy, arguments)
                                          : create_state(module);
    if (!made) return made;
    if (auto valid = validate_state(module, made->get()); !valid) return valid.error();
    return made;
}

}  // namespace

result<void> load_first(slot& slot, staging_area& area, first_module const& from, load_options const& options,
                        hotswap::settings const& settings, step_recorder& steps, durability* durable) {
    auto staged =
        stage_and_verify(area, steps, from.file, from.name, slot.gate()->contract(), load_its_contract);
    if (!staged) return staged.error();
    auto module = steps.run(phase::load, [&] { return load_staged(area, std::move(*staged)); });
    if (!module) return module.error();
    if (slot.family().empty()) slot.set_family(family_of(from.source));
    if (slot.family().empty()) slot.set_family(std::string((*module)->file().component()));

    auto first = begin_generation(slot, std::move(*module), from.source,
                                  std::make_shared<component_settings const>(settings));
    auto const& origin = first->services->origin();
    if (std::error_code error; !std::filesystem::exists(origin, error))
        steps.warn(
            phase::construct,
            fmt::format("the directory {}, which {} came from, no longer exists: its code will not find its "
                        "files there",
                        origin.string(), from.name));
    auto stated = steps.run(phase::migrate, [&]() -> result<void> {
        auto made = first_state(*first->module, options);
        if (!made) return made.error();
        first->state = std::move(*made);
        return {};
    });
    if (!stated) return stated;
    auto constructed = steps.run(phase::construct, [&]() -> result<void> {
        auto made = construct(*first, first->state.get());
        if (!made) return made.error();
        first->instance = std::move(*made);
        return {};
    });
    if (constructed && durable != nullptr)
        constructed = steps.run(phase::persist, [&] { return durable->commit_first(slot, *first); });
    if (!constructed) {
        slot.retire(std::move(first));
        return constructed;
    }
    auto const release = std::string(first->module->file().release());
    slot.exchange(std::move(first));
    slot.publish_facts();
    auto const revisions = slot.running().module->file().revisions();
    slot.gate()->learn_functions(revisions.functions_of(slot.gate()->contract().number));
    slot.gate()->open(slot.running().instance.contract());
    steps.finish("release " + release);
    return {};
}

namespace {

// Stores the last state. Returns the reason if the store keeps an older state and the unload continues.
result<std::string> keep_last_state(slot const& slot, step_recorder& steps, durability& durable, bool force) {
    auto kept = steps.run(phase::persist, [&] { return durable.commit_unload(slot); });
    if (kept) return std::string();
    failure why = kept.error();
    if (why.code != errc::export_failed) return why;
    if (!force) {
        why.message += "; or set unload_options::force: the store then keeps the state written last";
        return why;
    }
    auto noted = steps.run(phase::persist, [&] { return durable.commit_unload_as_it_was(slot); });
    if (!noted) return noted.error();
    steps.warn(
        phase::persist,
        fmt::format("its last state is not in the store, which keeps the one written last: {}", why.message));
    return std::move(why.message);
}

}  // namespace

result<unload_report> unload(slot& slot, step_recorder& steps, durability* durable, bool force) {
    std::string not_kept;
    steps.mark_old_serving();
    {
        closed_gates closed(slot, {.drain_deadline = default_drain_deadline});
        if (auto drained = steps.run(phase::drain, [&] { return closed.drain(); }); !drained)
            return drained.error();
        // No thread is inside, and every waiting caller will be refused: so the gate stays closed while the
        // last state is stored.
        if (durable != nullptr) {
            auto kept = keep_last_state(slot, steps, *durable, force);
            if (!kept) return kept.error();
            not_kept = std::move(*kept);
        }
        closed.end();
    }
    slot.runner().stop();
    auto report = steps.run(phase::retire, [&]() -> result<unload_report> {
        slot.end_probation();
        return slot.retire(slot.exchange(nullptr));
    });
    report->not_kept = std::move(not_kept);
    steps.finish(to_string(*report));
    return report;
}

namespace {

// Predicts the cost of the swap. Only tables need the new module for that: it walks the path without their
// rows. No code of a module runs here unless it was rehearsed or runs already.
result<void> predict(slot& slot, staging_area& area, staged_module staged, replacement const& request,
                     migration_path const& path, swap_plan& plan) {
    bool const has_tables = (slot.running().module->file().own_state().flags & abi::state_tables) != 0;
    auto const rehearsed = request.policy->passed(pair_of(slot, staged));
    bool const asks_tables = has_tables && plan.transfer != transfer::handoff && !plan.state_dropped;
    if (asks_tables && !rehearsed && !plan.same_content) {
        plan.tables.way = table_way::unknown;
        plan.tables.reason = fmt::format(
            "{} has not been rehearsed, and a plan runs only rehearsed code; plan with rehearse::when_new",
            staged.file.name());
    } else if (asks_tables) {
        // A module that runs already is asked itself: a second copy of it may be one too many.
        auto module =
            plan.same_content ? slot.running().module.shared() : load_staged(area, std::move(staged));
        if (!module) return module.error();
        module_use const used(*module);
        argument_view const arguments(*request.arguments);
        precopy tables(slot, *module, path, arguments);
        auto looked = tables.look_ahead(request.limits);
        plan.tables = std::move(tables.report());
        tables.end();
        if (!looked) return looked;
    }
    auto const size = measure_state(slot, request.limits);
    if (!size) return size.error();
    plan.state_bytes = size->bytes;
    plan.predicted_pause = predict_pause(slot, path, plan, *size, rehearsed);
    return {};
}

// Checks whether the module serves the callers; if it ends them, the plan says so.
result<void> check_callers(slot const& slot, module_file const& next, replacement const& request,
                           swap_plan& plan) {
    if (!slot.callers()->end_with(next.implements(), request.contract.view()))
        return slot.callers()->check(next.implements(), request.name);
    auto const& before = slot.running().contract;
    plan.ended_contract = before.in_words();
    plan.warnings.push_back(words_on_ending(before, {request.contract, request.end_neighbours_handles}));
    return {};
}

}  // namespace

result<swap_plan> make_plan(slot& slot, staging_area& area, replacement const& request,
                            step_recorder& steps) {
    steps.mark_old_serving();
    swap_plan plan;
    plan.component = slot.name();
    plan.operation_id = steps.mark().id;
    plan.started = steps.mark().started;
    plan.from = slot.running().info();
    plan.configured = slot.configured();
    plan.module = request.source;
    module_file const& running = slot.running().module->file();

    auto staged = stage_and_verify(area, steps, request.file, request.name, request.contract.view(),
                                   swap_to_its_contract);
    if (!staged) return staged.error();
    module_file const& next = staged->verified;
    plan.to = {slot.next_number(), std::string(next.release()), next.descriptor.schema_version,
               next.build_id,      staged->file.digest(),       next.revisions().all()};
    plan.keeps_mapped = next.keeps_mapped;
    plan.warnings = next.warnings_in_words();
    for (auto& note : notes_on_step(running.release(), next.release()))
        plan.warnings.push_back(std::move(note));
    for (auto const& each : request.passed_over) plan.warnings.push_back("passed over: " + each);
    auto const block = [&](failure const& why) { plan.blockers.push_back(steps.complete(why, why.phase)); };
    if (auto served = check_callers(slot, next, request, plan); !served) block(served.error());

    plan.same_content = runs_already(slot, *staged);
    plan.state_dropped = request.fresh_state;
    if (plan.same_content && !request.even_if_unchanged) {
        plan.to = plan.from;
        plan.path = {plan.from.schema_version};
        plan.transfer = request.transfer;
        return plan;
    }

    auto const path =
        request.fresh_state ? path_of_fresh_state(next) : find_migration_path(running, next, request.name);
    if (path) {
        plan.direction = path->direction;
        plan.path = path->versions;
        plan.losses = path->losses;
        if (auto allowed = check_loss(*path, request.allow_loss, request.name); !allowed)
            block(allowed.error());
    } else {
        block(path.error());
    }
    if (auto room = expect_room_for_revert(running.static_block_bytes, next.static_block_bytes, request.name);
        !room)
        block(room.error());
    auto const fits = check_handoff(running, next, request.name);
    plan.handoff_possible = fits.has_value();
    if (request.transfer == transfer::handoff && !fits) block(fits.error());
    auto const back = find_migration_path(next, running, slot.running().module->staged().name());
    plan.reversible = path && back;
    plan.reversible_without_loss = plan.reversible && back->losses.empty();
    plan.transfer = request.transfer;
    if (request.transfer == transfer::direct && path && !request.fresh_state) {
        plan.serialized_because =
            reason_to_serialize(running, next, *path, request.limits.pause_budget.count() > 0);
        if (!plan.serialized_because.empty()) plan.transfer = transfer::snapshot;
    }
    if (plan.blockers.empty()) {
        auto rehearsed = rehearse_if_wanted(slot, area, *staged, request, *path, steps);
        if (rehearsed)
            plan.rehearsal = std::move(*rehearsed);
        else if (rehearsed.error().code == errc::aborted)
            return rehearsed.error();
        else
            block(rehearsed.error());
    }
    if (plan.blockers.empty())
        if (auto done = predict(slot, area, std::move(*staged), request, *path, plan); !done)
            block(done.error());
    return plan;
}

}  // namespace hotswap::detail
