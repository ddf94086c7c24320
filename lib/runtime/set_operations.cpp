#include "runtime/set_operations.hpp"

#include "base/refuse.hpp"
#include "swap/ending_callers.hpp"
#include "swap/restore_change.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace hotswap::detail {

namespace {

std::vector<std::string> names_of(component_set const& set) {
    std::vector<std::string> names;
    for (auto const& each : set) names.push_back(each.component);
    return names;
}

// A component that is named twice would wait for itself; the set's options must not be in two places.
result<void> check_set(component_set const& set) {
    if (set.empty())
        return refuse(errc::invalid_argument, phase::none, "the set names no component; name at least one");
    swap_options const usual;
    for (auto const& each : set) {
        auto const is_same = [&](auto const& other) { return other.component == each.component; };
        if (std::ranges::count_if(set, is_same) > 1)
            return refuse(errc::invalid_argument, phase::none,
                          "the set names \"{}\" twice; name each component once", each.component);
        auto const& options = each.options;
        if (options.drain_deadline != usual.drain_deadline || options.pause_budget != usual.pause_budget ||
            options.probation.duration != usual.probation.duration || options.stop.stop_possible())
            return refuse(
                errc::invalid_argument, phase::none,
                "the options of \"{}\" name a drain_deadline, a pause_budget, a probation or a stop, "
                "which apply to the whole set; name them in set_options",
                each.component);
    }
    return {};
}

swap_options of_set(swap_options one, set_options const& all) {
    one.drain_deadline = all.drain_deadline;
    one.pause_budget = all.pause_budget;
    one.stop = all.stop;
    one.probation = all.probation;
    return one;
}

set_report summed(std::vector<swap_report> components, operation_mark const& mark) {
    set_report all;
    all.operation_id = mark.id;
    all.started = mark.started;
    for (auto const& each : components) {
        all.pause = std::max(all.pause, each.pause);
        all.total = std::max(all.total, each.total);
        all.calls_held += each.calls_held;
        all.longest_wait = std::max(all.longest_wait, each.longest_wait);
        if (each.not_durable) all.not_durable = each.not_durable;
    }
    all.components = std::move(components);
    return all;
}

set_plan summed(std::vector<swap_plan> components, operation_mark const& mark) {
    set_plan all;
    all.operation_id = mark.id;
    all.started = mark.started;
    all.reversible = std::ranges::all_of(components, &swap_plan::reversible);
    for (auto const& each : components) {
        all.predicted_pause += each.predicted_pause;
        all.blockers.insert(all.blockers.end(), each.blockers.begin(), each.blockers.end());
    }
    if (!all.blockers.empty()) all.predicted_pause = std::chrono::nanoseconds{0};
    all.components = std::move(components);
    return all;
}

// Checks the neighbours as a transaction does, once it is known which components change.
void block_by_neighbours(std::span<component_operation const> of, component_set const& set,
                         std::vector<swap_plan>& plans) {
    std::vector<std::string> changed;
    for (std::size_t i = 0; i != plans.size(); ++i)
        if (plans[i].to.generation != plans[i].from.generation) changed.push_back(plans[i].component);
    for (std::size_t i = 0; i != plans.size(); ++i) {
        if (plans[i].ended_contract.empty()) continue;
        auto const& with = set[i].options;
        auto const warning = check_other_neighbours(
            *of[i].of, changed, {served_contract(*with.contract), with.end_neighbours_handles});
        if (warning && !warning->empty()) plans[i].warnings.push_back(*warning);
        if (warning) continue;
        plans[i].blockers.push_back(of[i].steps->complete(warning.error(), warning.error().phase));
        plans[i].predicted_pause = std::chrono::nanoseconds{0};
    }
}

}  // namespace

result<set_report> set_operations::swap(component_set const& set, set_options const& options) {
    if (auto is_one = check_set(set); !is_one) return is_one.error();
    auto swapped = operations_.run_on_all<set_report>(
        names_of(set), {operation::swap, options.stop}, [&](auto of) -> result<set_report> {
            // The changes refer to these options.
            std::vector<swap_options> each_options;
            for (auto const& each : set) each_options.push_back(of_set(each.options, options));
            std::vector<std::unique_ptr<change>> changes;
            for (std::size_t i = 0; i != of.size(); ++i) {
                auto made = requested_.to_release(of[i], each_options[i]);
                if (!made) return made.error();
                changes.push_back(std::move(*made));
            }
            auto done = run(of, std::move(changes),
                            {.limits = limits_of(options),
                             .on_probation = options.probation.duration.count() > 0,
                             .durable = store_.durability(),
                             .before_commit = &options.before_commit},
                            options.probation);
            if (!done) return done.error();
            return summed(std::move(*done), of.front().steps->mark());
        });
    if (!swapped) operations_.count_refusal(names_of(set), operation::swap, swapped.error());
    return swapped;
}

result<set_plan> set_operations::plan(component_set const& set, set_options const& options) {
    if (auto is_one = check_set(set); !is_one) return is_one.error();
    return operations_.run_on_all<set_plan>(
        names_of(set), {operation::plan, options.stop}, [&](auto of) -> result<set_plan> {
            std::vector<swap_plan> plans;
            for (std::size_t i = 0; i != of.size(); ++i) {
                auto made = requested_.plan(of[i], of_set(set[i].options, options));
                if (!made) return made.error();
                plans.push_back(std::move(*made));
            }
            block_by_neighbours(of, set, plans);
            return summed(std::move(plans), of.front().steps->mark());
        });
}

void set_operations::count(std::span<component_operation const> of, std::vector<swap_report> const& reports) {
    for (std::size_t i = 0; i != reports.size(); ++i)
        operations_.counts().note_done(of[i].steps->operation(), reports[i], *of[i].of);
}

// Makes the watch before the swap begins, so that nothing can fail after the commit.
result<probation_watch*> set_operations::make_watch(std::span<component_operation const> of,
                                                    transaction_terms const& terms,
                                                    probation const& watched_by) {
    if (!terms.on_probation) return nullptr;
    probations_.drop_finished(false);
    std::vector<std::shared_ptr<slot>> slots;
    for (auto const& each : of) {
        auto found = components_.find(each.of->name());
        if (!found) return each.steps->refused(found.error());
        slots.push_back(std::move(*found));
    }
    std::ranges::sort(slots, {}, [](auto const& each) { return each->name(); });
    return &probations_.add(std::make_unique<probation_watch>(
        std::move(slots), watched_by, terms.limits.drain_deadline, *of.front().steps, terms.durable,
        [this](slot const& back, swap_report const& report) {
            operations_.counts().note_done(operation::probation, report, back);
        }));
}

result<std::vector<swap_report>> set_operations::run(std::span<component_operation const> of,
                                                     std::vector<std::unique_ptr<change>> changes,
                                                     transaction_terms terms, probation const& watched_by) {
    auto const made = make_watch(of, terms, watched_by);
    if (!made) return made.error();
    auto* const watch = *made;
    transaction all(of.front().steps->operation(), std::move(changes), terms);
    // Also called if the transaction throws after the commit: a probation without a watch would never end.
    auto const decide = [&]() noexcept {
        if (watch != nullptr && !all.is_committed()) return watch->stop();
        if (!all.is_committed()) return;
        for (auto const& each : of) probations_.stop(*each.of, watch);
        if (watch == nullptr) return;
        for (auto const& each : of)
            if (!all.has_changed(*each.of)) watch->leave(*each.of);
        watch->begin();
    };
    try {
        auto done = all.run();
        decide();
        if (!done) return done.error();
        auto reports = all.take_reports();
        count(of, reports);
        return reports;
    } catch (...) {
        decide();
        throw;
    }
}

result<swap_report> set_operations::restore(std::string_view name, std::span<std::byte const> frame,
                                            restore_options const& options) {
    auto restored = operations_.run_on<swap_report>(
        name, {operation::restore, options.stop},
        [&](slot& slot, step_recorder& steps) -> result<swap_report> {
            if (auto free = expect_no_probation(slot, steps); !free) return free.error();
            std::vector<std::unique_ptr<change>> changes;
            changes.push_back(std::make_unique<restore_change>(slot, frame, options, steps));
            component_operation const only{&slot, &steps};
            auto done = run(std::span(&only, 1), std::move(changes),
                            {.limits = limits_of(options), .durable = store_.durability()}, {});
            if (!done) return done.error();
            return std::move(done->front());
        });
    if (!restored) operations_.count_refusal({std::string(name)}, operation::restore, restored.error());
    return restored;
}

namespace {

// If the standby has the running content, a revert goes to the release before both; but with discard_writes
// it goes to the standby, for the state as of the swap.
bool leads_to_standby(slot const& slot, revert_options const& options) {
    if (slot.standby() == nullptr) return false;
    bool const is_same = slot.standby()->info().digest == slot.running().info().digest;
    return !is_same || options.discard_writes || slot.previous().name.empty();
}

}  // namespace

result<std::vector<swap_report>> set_operations::run_back(std::span<component_operation const> of,
                                                          revert_options const& options) {
    auto const to_file = [&](component_operation const& each) {
        return requested_.to_previous(each, options);
    };
    bool const to_standby =
        std::ranges::any_of(of, [&](auto const& each) { return leads_to_standby(*each.of, options); });
    if (to_standby) {
        auto done = return_to_standby(of, options, store_.durability(), to_file);
        if (done) count(of, *done);
        return done;
    }
    std::vector<std::unique_ptr<change>> changes;
    for (auto const& each : of) {
        auto made = to_file(each);
        if (!made) return made.error();
        changes.push_back(std::move(*made));
    }
    return run(of, std::move(changes),
               {.limits = limits_of(options),
                .durable = store_.durability(),
                .before_commit = &options.before_commit},
               {});
}

result<set_report> set_operations::revert(std::vector<std::string> names, revert_options const& options) {
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    if (names.empty())
        return refuse(errc::invalid_argument, phase::none, "the set names no component; name at least one");
    std::size_t const named = names.size();
    names = probations_.with_partners(std::move(names));
    auto reverted = operations_.run_on_all<set_report>(
        names, {operation::revert, options.stop}, [&](auto all) -> result<set_report> {
            // The probation of a partner may have ended before its turn came: then the partner stays.
            std::vector<component_operation> of(all.begin(),
                                                all.begin() + static_cast<std::ptrdiff_t>(named));
            std::copy_if(all.begin() + static_cast<std::ptrdiff_t>(named), all.end(), std::back_inserter(of),
                         [](auto const& each) { return each.of->standby() != nullptr; });
            auto done = run_back(of, options);
            if (!done) {
                auto why = done.error();
                if (why.code == errc::no_migration_path) why.code = errc::not_reversible;
                return why;
            }
            for (auto const& each : of) probations_.stop(*each.of);
            return summed(std::move(*done), of.front().steps->mark());
        });
    if (!reverted) operations_.count_refusal(names, operation::revert, reverted.error());
    return reverted;
}

}  // namespace hotswap::detail
