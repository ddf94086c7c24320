// A change to another contract: the handles that it ends, and the components that hold them.
#pragma once

#include "slot/served_contract.hpp"
#include "slot/slot.hpp"

#include <hotswap/failure.hpp>

#include <span>
#include <string>

namespace hotswap::detail {

/// The effect of a change on the contract of its component.
struct contract_step {
    served_contract after{};
    bool end_neighbours_handles = false;
};

/// "handles by the contract demo.counter 1 end with it: …", for events, reports and plans.
std::string words_on_ending(served_contract const& before, contract_step const& step);

/// Checks, for a swap and for its plan, whether another component holds a handle that ends with the callers
/// of `slot`. If the step allows that, returns a warning; empty if no component does.
/// `changed`: the components that change in the same operation.
/// Errors:   in_use, naming the others.
result<std::string> check_other_neighbours(slot const& slot, std::span<std::string const> changed,
                                           contract_step const& step);

}  // namespace hotswap::detail
