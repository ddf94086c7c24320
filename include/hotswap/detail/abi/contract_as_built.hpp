// A contract together with the layout that this translation unit's compiler gives its class.
#pragma once

#include <hotswap/contract.hpp>
#include <hotswap/detail/abi/contract_revision.hpp>
#include <hotswap/detail/abi/function_count.hpp>

namespace hotswap::detail {

/// The contract of the class `Contract`, with its count of functions.
template <class Contract>
contract contract_as_built() noexcept {
    check_revisions<Contract>();
    contract known = Contract::contract;
    known.functions = abi::count_functions(abi::end_of_functions<Contract>());
    return known;
}

}  // namespace hotswap::detail
