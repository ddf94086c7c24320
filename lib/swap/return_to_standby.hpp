// Takes components back to their standby generations.
#pragma once

#include "durable/durability.hpp"
#include "report/step_recorder.hpp"
#include "slot/slot.hpp"
#include "swap/change.hpp"

#include <hotswap/failure.hpp>
#include <hotswap/options.hpp>
#include <hotswap/report.hpp>

#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace hotswap::detail {

/// A slot whose operation is held, and the recorder of its steps.
struct component_operation {
    slot* of;
    step_recorder* steps;
};

/// Makes the change of a component that has nothing on standby.
using other_change = std::function<result<std::unique_ptr<change>>(component_operation const&)>;

/// Lets the code of the standby generations serve again, on the present state, downgraded by the running
/// modules. If there is no such path, or it refuses the state, and writes may be discarded, the standby
/// generations continue on their own states. A component with nothing on standby gets the change that
/// `otherwise` makes, in the same transaction.
/// Errors:   as `revert`.
result<std::vector<swap_report>> return_to_standby(std::span<component_operation const> of,
                                                   revert_options const& options, durability* durable,
                                                   other_change const& otherwise);

}  // namespace hotswap::detail
