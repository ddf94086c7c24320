// A component comes to serve another contract: whose handles that ends, and who must agree to it.
#pragma once

#include "slot/served_contract.hpp"
#include "slot/slot.hpp"

#include <hotswap/failure.hpp>

#include <span>
#include <string>

namespace hotswap::detail {

/// What a change does to the contract of its component.
struct contract_step {
    served_contract after{};
    bool end_neighbours_handles = false;
};

/// "handles by the contract demo.counter 1 end with it: …", for events, reports and plans.
std::string words_on_ending(served_contract const& before, contract_step const& step);

/// Asked by a swap and by its plan, where the callers of `in` end: whether a component keeps a handle that has ended, which it does
/// only where the step says so. Then it is a warning; empty: none does.
/// `changed`: the components that change in the same operation.
/// Errors:   in_use, naming the others.
result<std::string> check_other_neighbours(slot const& slot, std::span<std::string const> changed,
                                           contract_step const& step);

}  // namespace hotswap::detail
