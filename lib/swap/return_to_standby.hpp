// Components go back to the generations that stand by.
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

/// A slot whose operation is held, and where its steps are noted.
struct component_operation {
    slot* of;
    step_recorder* steps;
};

/// Makes the change of a component that has nothing on standby.
using other_change = std::function<result<std::unique_ptr<change>>(component_operation const&)>;

/// Puts the code of the generations that stand by back to work, on the state as it is now, taken down the way that the running
/// modules know. Where that way is missing, or refuses the state, and writes may be discarded, they go on with their own state,
/// untouched since. A component with nothing on standby becomes what `otherwise` says, in the same transaction.
/// Errors:   as `revert`.
result<std::vector<swap_report>> return_to_standby(std::span<component_operation const> of,
                                                   revert_options const& options, durability* durable,
                                                   other_change const& otherwise);

}  // namespace hotswap::detail
