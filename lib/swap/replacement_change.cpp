#include "swap/replacement_change.hpp"

#include "base/refuse.hpp"
#include "module/static_block.hpp"
#include "rehearsal/rehearsal.hpp"
#include "transfer/from_object.hpp"
#include "transfer/module_calls.hpp"
#include "transfer/other_states.hpp"

#include <fmt/format.h>

#include <memory>
#include <string_view>
#include <utility>

namespace hotswap::detail {

namespace {

result<migration_path> plan_path(module_file const& from, module_file const& to, replacement const& request) {
    if (request.fresh_state) return path_of_fresh_state(to);
    auto found = find_migration_path(from, to, request.name);
    if (!found) return found;
    if (auto allowed = check_loss(*found, request.allow_loss, request.name); !allowed) return allowed.error();
    if (request.transfer == transfer::handoff)
        if (auto fits = check_handoff(from, to, request.name); !fits) return fits.error();
    return found;
}

}  // namespace

result<void> replacement_change::choose() {
    auto staged = stage_and_verify(area_, steps_, by_.file, by_.name, by_.contract.view(),
                                   swap_to_its_contract, by_.copy.get());
    if (!staged) return staged.error();
    if (auto as_planned = expect_plan(*staged); !as_planned) return as_planned;
    if (by_.unless_sent_back && slot_.was_rolled_back(staged->file.digest()))
        return steps_.refused(
            refuse(errc::rolled_back, phase::plan, "{} {}; fix the release, or name the file to try it again",
                   by_.name, slot_.fate_of(staged->file.digest())),
            phase::plan);
    report_.same_content = runs_already(slot_, *staged);
    if (report_.same_content && !by_.even_if_unchanged) {
        stay(*staged);
        return {};
    }
    if (auto fits = expect_fit(*staged); !fits) return fits;
    auto planned = steps_.run(
        phase::plan, [&] { return plan_path(slot_.running().module->file(), staged->verified, by_); });
    if (!planned) return planned.error();
    path_ = std::move(*planned);
    auto rehearsed = rehearse_if_wanted(slot_, area_, *staged, by_, path_, steps_);
    if (!rehearsed) return rehearsed.error();
    report_.rehearsal = std::move(*rehearsed);
    return begin(std::move(*staged));
}

result<void> replacement_change::expect_plan(staged_module const& staged) {
    if (!by_.expected) return {};
    auto const refused = [this](std::string_view what, auto const& planned,
                                auto const& found) -> result<void> {
        return steps_.refused(
            refuse(errc::plan_stale, phase::plan,
                   "{}: planned with {}, found {}; look at a new plan, and swap by that one", what, planned,
                   found),
            phase::plan);
    };
    auto const running = slot_.running().info().generation;
    if (running != by_.expected->generation)
        return refused("the running generation is another one", by_.expected->generation, running);
    if (by_.expected->configured && *by_.expected->configured != slot_.configured())
        return refused("its settings have been changed another number of times", *by_.expected->configured,
                       slot_.configured());
    if (staged.file.digest() != by_.expected->digest)
        return refused(fmt::format("{} has other content", by_.name), by_.expected->digest,
                       staged.file.digest());
    return {};
}

result<void> replacement_change::expect_fit(staged_module const& staged) {
    if (auto held =
            hold_callers(staged.verified.implements(), by_.name, {by_.contract, by_.end_neighbours_handles});
        !held)
        return held;
    module_file const& running = slot_.running().module->file();
    if (!by_.fresh_state)
        if (auto fits = check_states(running, staged.verified, by_.name); !fits)
            return steps_.refused(fits.error(), phase::verify);
    // A revert may use the room that is left; every other change leaves it for the revert.
    if (by_.copy != nullptr) return {};
    auto room =
        expect_room_for_revert(running.static_block_bytes, staged.verified.static_block_bytes, by_.name);
    if (!room) return steps_.refused(room.error(), phase::plan);
    return {};
}

result<void> replacement_change::begin(staged_module staged) {
    auto module = steps_.run(phase::load, [&] { return load_staged(area_, std::move(staged)); });
    if (!module) return module.error();
    next_.emplace(slot_, *module, by_.source, by_.settings);
    if (by_.fresh_state) {
        state_ = std::make_unique<at_hand>(context_);
        return begin_afresh();
    }
    if (by_.transfer == transfer::handoff) {
        if (auto const why = heap_difference(*slot_.running().module, **module); !why.empty())
            return steps_.refused(handoff_refusal(by_.name, why, phase::load), phase::load);
        state_ = std::make_unique<by_handoff>(context_);
        return {};
    }
    state_ = from_running(context_, std::move(*module), by_.transfer, by_.limits, report_);
    return {};
}

result<void> replacement_change::begin_afresh() {
    auto& next = **next_;
    report_.state_dropped = true;
    steps_.warn(phase::migrate,
                fmt::format("the running state is DROPPED: {} begins with a default state, as "
                            "swap_options::fresh_state asks",
                            next.module->staged().name()));
    return steps_.run(phase::migrate, [&]() -> result<void> {
        auto made = create_state(*next.module);
        if (!made) return made.error();
        if (auto valid = validate_state(*next.module, made->get()); !valid) return valid;
        next.state = std::move(*made);
        return {};
    });
}

// Reports a swap to the content that runs already.
void replacement_change::stay(staged_module const& staged) {
    slot_.sweep_retained();
    report_.warnings = all_warnings(staged.verified);
    report_.to = report_.from;
    report_.path = {report_.from.schema_version};
    report_.phases = steps_.phases();
    report_.total = steps_.elapsed();
    steps_.finish(fmt::format("{} runs already, from a file of the same content: nothing is done",
                              report_.from.release));
}

}  // namespace hotswap::detail
