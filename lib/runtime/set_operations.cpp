// Operations on several components as one: swap, plan and revert of sets. Those on one component are sets of one.
#include "runtime/core.hpp"

#include "swap/replacement_change.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

namespace hotswap::detail {

namespace {

std::vector<std::string> names_of(component_set const& set) {
    std::vector<std::string> names;
    for (auto const& each : set) names.push_back(each.component);
    return names;
}

// "a" twice would wait for itself; what is the set's must not be said in two places.
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
            options.probation.duration != usual.probation.duration)
            return refuse(errc::invalid_argument, phase::none,
                          "the options of \"{}\" name a drain_deadline, a pause_budget or a probation, which "
                          "are those of "
                          "the whole set; name them in set_options",
                          each.component);
    }
    return {};
}

swap_options of_set(swap_options one, set_options const& all) {
    one.drain_deadline = all.drain_deadline;
    one.pause_budget = all.pause_budget;
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

// As a transaction does once it knows which of its components change.
void block_by_neighbours(std::span<component_operation const> of, component_set const& set,
                         std::vector<swap_plan>& plans) {
    std::vector<std::string> changed;
    for (std::size_t i = 0; i != plans.size(); ++i)
        if (plans[i].to.generation != plans[i].from.generation) changed.push_back(plans[i].component);
    for (std::size_t i = 0; i != plans.size(); ++i) {
        if (plans[i].ended_contract.empty()) continue;
        auto const& with = set[i].options;
        auto const warning = judge_other_neighbours(
            *of[i].of, changed, {served_contract(*with.contract), with.end_neighbours_handles});
        if (warning && !warning->empty()) plans[i].warnings.push_back(*warning);
        if (warning) continue;
        plans[i].blockers.push_back(of[i].steps->complete(warning.error(), warning.error().phase));
        plans[i].predicted_pause = std::chrono::nanoseconds{0};
    }
}

}  // namespace

result<std::vector<runtime_core::claim>> runtime_core::claim_all(std::span<std::string const> names,
                                                                 std::list<step_recorder>& recorders) {
    std::vector<step_recorder*> steps;
    for (auto& each : recorders) steps.push_back(&each);
    std::vector<std::size_t> order(names.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t i) { return std::string_view(names[i]); });
    std::vector<std::optional<claim>> taken(names.size());
    for (auto const i : order) {
        auto claimed = claim_slot(names[i], *steps[i]);
        if (!claimed) return claimed.error();
        taken[i].emplace(std::move(*claimed));
    }
    std::vector<claim> all;
    all.reserve(taken.size());
    for (auto& each : taken) all.push_back(std::move(*each));
    return all;
}

result<set_report> runtime_core::swap(component_set const& set, set_options const& how) {
    if (auto is_one = check_set(set); !is_one) return is_one.error();
    return operate_all<set_report>(names_of(set), operation::swap, [&](auto of) -> result<set_report> {
        // What the changes refer to stays here until they are done.
        std::vector<swap_options> each_options;
        for (auto const& each : set) each_options.push_back(of_set(each.options, how));
        std::vector<std::unique_ptr<change>> changes;
        for (std::size_t i = 0; i != of.size(); ++i) {
            auto& steps = *of[i].steps;
            if (auto free = expect_no_probation(*of[i].of, steps); !free) return free.error();
            auto by = choose(*of[i].of, each_options[i], steps);
            if (!by) return steps.refused(by.error(), phase::stage);
            changes.push_back(
                std::make_unique<replacement_change>(*of[i].of, staging, std::move(*by), steps));
        }
        auto done = run_changes(of, std::move(changes),
                                {.limits = {how.drain_deadline, how.pause_budget},
                                 .on_probation = how.probation.duration.count() > 0,
                                 .keeper = keeper()},
                                how.probation);
        if (!done) return done.error();
        return summed(std::move(*done), of.front().steps->mark());
    });
}

result<set_plan> runtime_core::plan(component_set const& set, set_options const& how) {
    if (auto is_one = check_set(set); !is_one) return is_one.error();
    return operate_all<set_plan>(names_of(set), operation::plan, [&](auto of) -> result<set_plan> {
        std::vector<swap_plan> plans;
        for (std::size_t i = 0; i != of.size(); ++i) {
            auto const with = of_set(set[i].options, how);
            auto by = choose(*of[i].of, with, *of[i].steps);
            if (!by) return of[i].steps->refused(by.error(), phase::stage);
            auto made = make_plan(*of[i].of, staging, *by, *of[i].steps);
            if (!made) return made.error();
            plans.push_back(std::move(*made));
        }
        block_by_neighbours(of, set, plans);
        return summed(std::move(plans), of.front().steps->mark());
    });
}

// The watch is there before the swap begins, so that nothing is left to fail once it has committed.
result<std::vector<swap_report>> runtime_core::run_changes(std::span<component_operation const> of,
                                                           std::vector<std::unique_ptr<change>> changes,
                                                           transaction_terms terms,
                                                           probation const& watched_by) {
    probation_watch* watch = nullptr;
    if (terms.on_probation) {
        drop_watches(false);
        std::vector<std::shared_ptr<slot>> slots;
        for (auto const& each : of) {
            auto found = components.find(each.of->name());
            if (!found) return each.steps->refused(found.error());
            slots.push_back(std::move(*found));
        }
        std::ranges::sort(slots, {}, [](auto const& each) { return each->name(); });
        auto made = std::make_unique<probation_watch>(
            std::move(slots), watched_by, terms.limits.drain_deadline, *of.front().steps, keeper());
        watch = made.get();
        mutex_lock const lock(watches_mutex);
        watches.push_back(std::move(made));
    }
    transaction all(of.front().steps->operation(), std::move(changes), terms);
    // Also where it throws after the commit: a probation that is watched by nothing would never end.
    auto const decide = [&]() noexcept {
        if (watch != nullptr && !all.is_committed()) return watch->stop();
        if (!all.is_committed()) return;
        for (auto const& each : of) stop_watching(*each.of, watch);
        if (watch == nullptr) return;
        for (auto const& each : of)
            if (!all.has_changed(*each.of)) watch->leave(*each.of);
        watch->begin();
    };
    try {
        auto done = all.run();
        decide();
        if (!done) return done.error();
        return all.take_reports();
    } catch (...) {
        decide();
        throw;
    }
}

void runtime_core::stop_watching(slot const& in, probation_watch const* but) noexcept {
    mutex_lock const lock(watches_mutex);
    for (auto const& watch : watches)
        if (watch.get() != but) watch->leave(in);
}

std::vector<std::string> runtime_core::with_partners(std::vector<std::string> names) {
    mutex_lock const lock(watches_mutex);
    for (auto const& watch : watches) {
        if (watch->is_over() || watch->is_stopped()) continue;
        auto const together = watch->slots();
        auto const is_named = [&](auto const& each) {
            return std::ranges::find(names, each->name()) != names.end();
        };
        if (std::ranges::none_of(together, is_named)) continue;
        for (auto const& each : together)
            if (!is_named(each)) names.push_back(each->name());
    }
    return names;
}

namespace {

// On a probation of the content that ran before, the release before is another one; with its writes discarded the state as
// of the swap is wanted.
bool leads_to_standby(slot const& in, revert_options const& options) {
    if (in.standby() == nullptr) return false;
    bool const is_same = in.standby()->info().digest == in.running().info().digest;
    return !is_same || options.discard_writes || in.previous().name.empty();
}

}  // namespace

result<std::unique_ptr<change>> runtime_core::change_back(component_operation const& of,
                                                          revert_options const& how) {
    auto& steps = *of.steps;
    auto const refused = [&steps](errc code, std::string why) {
        return steps.refused(refuse(code, phase::plan, "{}", why), phase::plan);
    };
    if (how.discard_writes)
        return refused(errc::not_reversible,
                       "the state before a swap is kept only while its probation lasts; revert() without "
                       "discard_writes, or restore() a snapshot");
    auto const& before = of.of->previous();
    if (of.of->was_rolled_back(before.digest))
        return refused(errc::rolled_back,
                       fmt::format("{}, which ran before, {}; swap() to a release by its file's name instead",
                                   before.name, of.of->fate_of(before.digest)));
    if (before.name.empty())
        return refused(errc::not_reversible,
                       "there is no generation before the running one; swap() to a release of your choice "
                       "instead");
    if (!before.copy)
        return refused(errc::not_reversible,
                       fmt::format("the stored file of {}, which ran before, could not be opened when this "
                                   "host recovered; swap() to a release of your choice instead",
                                   before.name));
    replacement by;
    by.copy = before.copy;
    by.name = before.name;
    by.source = before.source;
    by.limits = {how.drain_deadline, how.pause_budget};
    by.allow_loss = how.allow_loss;
    by.arguments = &how.arguments;
    by.even_if_unchanged = true;
    by.settings = before.settings;
    by.contract = before.contract.name.empty() ? of.of->running().contract : before.contract;
    by.end_neighbours_handles = how.end_neighbours_handles;
    return std::unique_ptr<change>(
        std::make_unique<replacement_change>(*of.of, staging, std::move(by), steps));
}

result<set_report> runtime_core::revert(std::vector<std::string> names, revert_options const& how) {
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    if (names.empty())
        return refuse(errc::invalid_argument, phase::none, "the set names no component; name at least one");
    std::size_t const named = names.size();
    names = with_partners(std::move(names));
    return operate_all<set_report>(names, operation::revert, [&](auto all) -> result<set_report> {
        // The probation of a partner may have ended before its turn came: then it stays.
        std::vector<component_operation> of(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(named));
        std::copy_if(all.begin() + static_cast<std::ptrdiff_t>(named), all.end(), std::back_inserter(of),
                     [](auto const& each) { return each.of->standby() != nullptr; });
        auto const to_file = [&](component_operation const& each) { return change_back(each, how); };
        bool const to_standby =
            std::ranges::any_of(of, [&](auto const& each) { return leads_to_standby(*each.of, how); });
        auto done = [&]() -> result<std::vector<swap_report>> {
            if (to_standby) return return_to_standby(of, how, keeper(), to_file);
            std::vector<std::unique_ptr<change>> changes;
            for (auto const& each : of) {
                auto made = to_file(each);
                if (!made) return made.error();
                changes.push_back(std::move(*made));
            }
            return run_changes(of, std::move(changes),
                               {.limits = {how.drain_deadline, how.pause_budget}, .keeper = keeper()}, {});
        }();
        if (!done) {
            auto why = done.error();
            if (why.code == errc::no_migration_path) why.code = errc::not_reversible;
            return why;
        }
        for (auto const& each : of) stop_watching(*each.of);
        return summed(std::move(*done), of.front().steps->mark());
    });
}

}  // namespace hotswap::detail
