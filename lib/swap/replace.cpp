#include "swap/replace.hpp"

#include "base/refuse.hpp"
#include "module/static_block.hpp"
#include "slot/contract_fit.hpp"
#include "swap/module_calls.hpp"
#include "swap/rehearsal.hpp"
#include "swap/route.hpp"
#include "swap/succession.hpp"
#include "swap/transfer.hpp"

#include <hotswap/state/frame.hpp>

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

// With the claim goes the code, with the module its private copy; both stay where a leak checker finds them.
void keep_mapped(std::shared_ptr<loaded_module> const& module) {
    static auto& kept = *new std::vector<module_use>;
    static auto& mutex = *new std::mutex;
    std::lock_guard const lock(mutex);
    kept.emplace_back(module);
}

}  // namespace

result<staged_module> stage_and_verify(staging_area& area, step_recorder& steps,
                                       std::filesystem::path const& file, std::string const& name,
                                       contract wanted, module_copy const* earlier) {
    auto staged = steps.run(phase::stage, [&] {
        return earlier != nullptr ? area.stage(*earlier, name) : area.stage(file, name);
    });
    if (!staged) return staged.error();
    for (auto& warning : area.take_warnings()) steps.warn(phase::stage, std::move(warning));
    steps.bytes(staged->size());
    auto verified = steps.run(phase::verify, [&]() -> result<module_file> {
        auto judged = verify_module(*staged, area.policy());
        if (!judged) return judged;
        auto fit = check_contract(judged->contract(), wanted, phase::verify, name,
                                  "load a module of that contract, or build both against the same header");
        if (!fit) return fit.error();
        return judged;
    });
    if (!verified) return verified.error();
    for (auto& warning : verified->warnings_in_words()) steps.warn(phase::verify, std::move(warning));
    return staged_module{std::move(*staged), std::move(*verified)};
}

result<std::shared_ptr<loaded_module>> load_staged(staging_area& area, staged_module next) {
    if (auto there = area.put_back(next.file); !there) return there.error();
    auto loaded = loaded_module::load(std::move(next.file), std::move(next.verified));
    if (loaded && area.keeps_files()) keep_mapped(*loaded);
    return loaded;
}

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

bool runs_already(slot const& in, staged_module const& next) {
    return next.file.digest() == in.running().module->staged().digest();
}

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
