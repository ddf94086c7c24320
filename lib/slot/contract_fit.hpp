// Whether a component implements the contract by which it is to be called: asked wherever a host or a neighbour meets one.
#pragma once

#include "module/served_revisions.hpp"

#include <hotswap/contract.hpp>
#include <hotswap/failure.hpp>

#include <string>
#include <string_view>

namespace hotswap::detail {

/// Why a module that implements `served` may not get calls by `wanted`, as the end of a sentence that begins with its name; empty:
/// it may, because it serves that revision, and the count of virtual functions is the same where both are known.
std::string misfit(implemented_contract const& served, contract const& wanted);

/// Refuses a contract that does not fit, and names both. `who` begins the sentence; `remedy` ends it where it is another contract.
/// Errors:   contract_mismatch.
result<void> check_contract(implemented_contract const& served, contract const& wanted, phase at,
                            std::string_view who, std::string_view remedy);

}  // namespace hotswap::detail
