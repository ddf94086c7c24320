#include "runtime/requested_changes.hpp"

#include "base/refuse.hpp"
#include "swap/lifecycle.hpp"
#include "swap/replacement_change.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <utility>

namespace hotswap::detail {

namespace {

// Refuses options that contradict each other. `store`: of the runtime; empty: it has none.
result<void> check_options(swap_options const& wanted, std::filesystem::path const& store) {
    if (wanted.transfer == transfer::handoff && wanted.pause_budget.count() > 0)
        return refuse(errc::invalid_argument, phase::none,
                      "a handoff takes no pause_budget: both generations work on one state, so the runtime "
                      "could not abandon code that overruns it; use transfer::snapshot, or no budget");
    if (wanted.contract && wanted.contract->name.empty())
        return refuse(errc::invalid_argument, phase::none,
                      "swap_options::contract has no name; give it the `contract` of the contract's class");
    if (!wanted.fresh_state) return {};
    if (wanted.transfer == transfer::handoff)
        return refuse(errc::invalid_argument, phase::none,
                      "fresh_state drops the state that a handoff would hand over; choose one of them");
    if (store.empty()) return {};
    if (!wanted.allow_loss)
        return refuse(errc::invalid_argument, phase::none,
                      "fresh_state would drop the running state and its copy in the store {}; set allow_loss "
                      "as well if that is wanted, and take a snapshot before",
                      store.string());
    if (wanted.probation.duration.count() > 0)
        return refuse(
            errc::invalid_argument, phase::none,
            "during a probation the store keeps a state for the release before, and with fresh_state there "
            "is none that it can read; swap without a probation");
    return {};
}

}  // namespace

result<void> expect_no_probation(slot const& slot, step_recorder& steps) {
    if (!slot.is_on_probation()) return {};
    steps.mark_old_serving();
    return steps.refused(refuse(errc::busy, phase::none,
                                "{} is on probation, and {} stands by for it; wait until the probation has "
                                "ended, or revert()",
                                slot.running().module->staged().name(),
                                slot.standby()->module->staged().name()));
}

result<replacement> requested_changes::choose(slot const& slot, swap_options const& wanted,
                                              step_recorder& steps) {
    bool const is_durable = store_.durability() != nullptr;
    auto possible = check_options(wanted, is_durable ? options_.store : std::filesystem::path());
    if (!possible) return possible.error();
    auto chosen = locator_.find_next(slot, wanted, steps);
    if (!chosen) return chosen.error();
    replacement request;
    request.file = chosen->file;
    request.name = chosen->file.filename().string();
    request.source = std::move(chosen->file);
    request.passed_over = std::move(chosen->passed_over);
    request.transfer = wanted.transfer;
    request.limits = limits_of(wanted);
    request.allow_loss = wanted.allow_loss;
    request.fresh_state = wanted.fresh_state;
    bool const sets_others = wanted.settings && *wanted.settings != slot.facts().settings;
    if (sets_others) request.settings = std::make_shared<component_settings const>(*wanted.settings);
    request.contract = contract_after(slot, wanted);
    request.end_neighbours_handles = wanted.end_neighbours_handles;
    request.expected = wanted.expected;
    request.unless_sent_back = wanted.unless_sent_back;
    request.even_if_unchanged = wanted.even_if_unchanged || wanted.fresh_state || sets_others ||
                                request.contract != slot.running().contract;
    request.arguments = &wanted.arguments;
    request.rehearse = wanted.rehearse;
    request.policy = &rehearsals_;
    return request;
}

result<std::unique_ptr<change>> requested_changes::to_release(component_operation const& of,
                                                              swap_options const& wanted) {
    auto& steps = *of.steps;
    if (auto free = expect_no_probation(*of.of, steps); !free) return free.error();
    auto request = choose(*of.of, wanted, steps);
    if (!request) return steps.refused(request.error(), phase::stage);
    return std::unique_ptr<change>(
        std::make_unique<replacement_change>(*of.of, staging_, std::move(*request), steps));
}

result<swap_plan> requested_changes::plan(component_operation const& of, swap_options const& wanted) {
    auto const request = choose(*of.of, wanted, *of.steps);
    if (!request) return of.steps->refused(request.error(), phase::stage);
    return make_plan(*of.of, staging_, *request, *of.steps);
}

result<std::unique_ptr<change>> requested_changes::to_previous(component_operation const& of,
                                                               revert_options const& options) {
    auto& steps = *of.steps;
    auto const refused = [&steps](errc code, std::string why) {
        return steps.refused(refuse(code, phase::plan, "{}", why), phase::plan);
    };
    if (options.discard_writes)
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
                       "there is no generation before the running one; swap() to a release of your "
                       "choice instead");
    if (!before.copy)
        return refused(errc::not_reversible,
                       fmt::format("the stored file of {}, which ran before, could not be opened when this "
                                   "host recovered; swap() to a release of your choice instead",
                                   before.name));
    replacement request;
    request.copy = before.copy;
    request.name = before.name;
    request.source = before.source;
    request.limits = limits_of(options);
    request.allow_loss = options.allow_loss;
    request.arguments = &options.arguments;
    request.even_if_unchanged = true;
    request.settings = before.settings;
    request.contract = before.contract.name.empty() ? of.of->running().contract : before.contract;
    request.end_neighbours_handles = options.end_neighbours_handles;
    return std::unique_ptr<change>(
        std::make_unique<replacement_change>(*of.of, staging_, std::move(request), steps));
}

}  // namespace hotswap::detail
