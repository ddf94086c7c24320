// Checks that a component implements the contract by which a host or a neighbour calls it.
#pragma once

#include "module/served_revisions.hpp"

#include <hotswap/contract.hpp>
#include <hotswap/failure.hpp>

#include <string>
#include <string_view>

namespace hotswap::detail {

/// The reason that a module with `served` may not get calls by `wanted`, as the end of a sentence that begins
/// with the module's name; empty: it may, because it serves that revision, and the counts of virtual
/// functions are equal if both are known.
std::string misfit(implemented_contract const& served, contract const& wanted);

/// Refuses a contract that does not fit, and names both contracts. `who` begins the sentence; `remedy` ends
/// it if the contract is another one.
/// Errors:   contract_mismatch.
result<void> check_contract(implemented_contract const& served, contract const& wanted, phase at,
                            std::string_view who, std::string_view remedy);

}  // namespace hotswap::detail
