// Whether a component implements the contract by which it is to be called: asked wherever a host or a neighbour meets one.
#pragma once

#include <hotswap/contract.hpp>
#include <hotswap/failure.hpp>

#include <string_view>

namespace hotswap::detail {

/// Whether calls by `wanted` may go to what implements `implemented`: name and number are equal, and so is the count of
/// virtual functions where both are known.
constexpr bool fits(contract const& implemented, contract const& wanted) noexcept {
    return implemented == wanted &&
           (implemented.functions == wanted.functions || implemented.functions == 0 || wanted.functions == 0);
}

/// Refuses what does not fit, in words on both sides. `who` begins the sentence; `remedy` ends it where it is another contract.
/// Errors:   contract_mismatch.
result<void> check_contract(contract const& implemented, contract const& wanted, phase at,
                            std::string_view who, std::string_view remedy);

}  // namespace hotswap::detail
