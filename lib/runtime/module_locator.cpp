#include "runtime/module_locator.hpp"

#include "module/descriptor_note.hpp"
#include "module/digest.hpp"
#include "module/module_source.hpp"
#include "slot/contract_fit.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <string>
#include <system_error>
#include <utility>

namespace hotswap::detail {

namespace fs = std::filesystem;

namespace {

/// The rule that passes a file over by its contract: `misfit` gives the reason, if the contract can be read.
auto by_contract(std::function<std::string(implemented_contract const&)> misfit) {
    return [misfit = std::move(misfit)](fs::path const& file) {
        auto const found = peek_descriptor(file);
        return found ? misfit({found->contract, served_revisions(*found)}) : std::string();
    };
}

}  // namespace

served_contract contract_after(slot const& slot, swap_options const& wanted) {
    served_contract const now(slot.gate()->contract());
    bool const stays = !wanted.contract || *wanted.contract == now.view();
    return stays ? now : served_contract(*wanted.contract);
}

result<chosen_module> module_locator::find_first(std::string_view name, contract wanted,
                                                 load_options const& options, step_recorder& steps) {
    choice_rules rules{options.pre_releases};
    rules.misfit = by_contract([&wanted](implemented_contract const& first) {
        return wanted.name.empty() ? std::string() : misfit(first, wanted);
    });
    auto chosen = find(options.module, name, rules);
    if (chosen) warn_of_passed_over(*chosen, steps);
    return chosen;
}

result<chosen_module> module_locator::find_next(slot const& slot, swap_options const& wanted,
                                                step_recorder& steps) {
    auto chosen = find(wanted.module, slot.family(), rules_for(slot, wanted));
    if (chosen) warn_of_passed_over(*chosen, steps);
    return chosen;
}

choice_rules module_locator::rules_for(slot const& slot, swap_options const& wanted) const {
    // A host that runs a pre-release also takes the next pre-release.
    auto const running = release::parse(slot.running().module->file().release());
    choice_rules rules{wanted.pre_releases || (running && running->is_pre_release())};
    // A release that a probation has sent back is tried again only by its name.
    if (wanted.module.empty() && slot.has_rollbacks())
        rules.is_out = [this, &slot](fs::path const& file) {
            auto const content = read_module(file, policy_);
            return content && slot.was_rolled_back(content_digest(content->bytes));
        };
    rules.misfit =
        by_contract([&slot, after = contract_after(slot, wanted)](implemented_contract const& next) {
            return slot.callers()->misfit_of(next, after.view());
        });
    return rules;
}

result<chosen_module> module_locator::find(module_ref const& wanted, std::string_view family,
                                           choice_rules const& rules) const {
    if (wanted.empty()) return newest_module(options_.modules, family, rules);
    if (wanted.which() == module_ref::kind::family)
        return newest_module(options_.modules, wanted.text(), rules);
    if (wanted.which() == module_ref::kind::release)
        return module_of_release(options_.modules, family, wanted.text());
    fs::path const file = wanted.text();
    std::error_code error;
    if (!file.has_parent_path() && !fs::exists(file, error))
        return chosen_module{options_.modules / file, {}};
    return chosen_module{file, {}};
}

void module_locator::warn_of_passed_over(chosen_module const& chosen, step_recorder& steps) {
    auto const taken = chosen.file.filename().string();
    for (std::string const& each : chosen.passed_over)
        if (passed_over_.is_new(chosen.file.parent_path() / each))
            steps.warn(phase::stage, fmt::format("{} is chosen; passed over: {}", taken, each));
}

}  // namespace hotswap::detail
