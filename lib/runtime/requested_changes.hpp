// The changes that a host's options ask for.
#pragma once

#include "module/staging_area.hpp"
#include "rehearsal/rehearsal_policy.hpp"
#include "report/step_recorder.hpp"
#include "runtime/host_store.hpp"
#include "runtime/module_locator.hpp"
#include "swap/change.hpp"
#include "swap/return_to_standby.hpp"
#include "transfer/replacement.hpp"

#include <hotswap/failure.hpp>
#include <hotswap/options.hpp>
#include <hotswap/plan.hpp>

#include <memory>

namespace hotswap::detail {

/// Threads:  a thread that holds the operation of the slot.
class requested_changes {
public:
    requested_changes(runtime_options const& options, host_store& store, module_locator& locator,
                      staging_area& staging, rehearsal_policy& rehearsals) noexcept
        : options_(options), store_(store), locator_(locator), staging_(staging), rehearsals_(rehearsals) {}

    /// Makes the change to the release that the options name; the options outlive the change.
    /// Errors:   busy while the running generation is on probation; invalid_argument; those of the locator.
    result<std::unique_ptr<change>> to_release(component_operation const& of, swap_options const& wanted);
    /// Predicts the change of `to_release`.
    result<swap_plan> plan(component_operation const& of, swap_options const& wanted);
    /// Makes the change back to the file that ran before.
    /// Errors:   not_reversible, rolled_back.
    result<std::unique_ptr<change>> to_previous(component_operation const& of, revert_options const& options);

private:
    result<replacement> choose(slot const& slot, swap_options const& wanted, step_recorder& steps);

    runtime_options const& options_;
    host_store& store_;
    module_locator& locator_;
    staging_area& staging_;
    rehearsal_policy& rehearsals_;
};

/// Errors:   busy, while the running generation is on probation and has not failed it.
result<void> expect_no_probation(slot const& slot, step_recorder& steps);

}  // namespace hotswap::detail
