// Finds the file that a host's options ask for.
#pragma once

#include "module/release.hpp"
#include "report/step_recorder.hpp"
#include "runtime/said_once.hpp"
#include "slot/served_contract.hpp"
#include "slot/slot.hpp"

#include <hotswap/detail/module/policy.hpp>
#include <hotswap/failure.hpp>
#include <hotswap/module_ref.hpp>
#include <hotswap/options.hpp>
#include <hotswap/runtime.hpp>

#include <string_view>

namespace hotswap::detail {

/// The contract of the component after the swap that the options ask for.
served_contract contract_after(slot const& slot, swap_options const& wanted);

/// Threads:  [any]
class module_locator {
public:
    module_locator(runtime_options const& options, module_policy const& policy) noexcept
        : options_(options), policy_(policy) {}

    /// Finds the file for the first generation of a component called `name`; of any contract, if `wanted` has no name.
    /// Effects:  warns once of each file that is passed over.
    /// Errors:   no_such_file, no_such_module …
    result<chosen_module> find_first(std::string_view name, contract wanted, load_options const& options,
                                     step_recorder& steps);
    /// Finds the file that replaces the running one.
    result<chosen_module> find_next(slot const& slot, swap_options const& wanted, step_recorder& steps);

private:
    choice_rules rules_for(slot const& slot, swap_options const& wanted) const;
    result<chosen_module> find(module_ref const& wanted, std::string_view family,
                               choice_rules const& rules) const;
    void warn_of_passed_over(chosen_module const& chosen, step_recorder& steps);

    runtime_options const& options_;
    module_policy const& policy_;
    said_once passed_over_;
};

}  // namespace hotswap::detail
