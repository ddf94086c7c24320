#include "slot/contract_fit.hpp"

#include "base/refuse.hpp"

namespace hotswap::detail {

result<void> check_contract(contract const& implemented, contract const& wanted, phase at,
                            std::string_view who, std::string_view remedy) {
    if (fits(implemented, wanted)) return {};
    if (implemented == wanted)
        return refuse(
            errc::contract_mismatch, at,
            "{} implements the contract {} {} as a class with {} entries in its vtable, the caller knows "
            "it with {}: a virtual function was added or removed under the same number; raise the number, "
            "and build both against the same header",
            who, implemented.name, implemented.number, implemented.functions, wanted.functions);
    return refuse(errc::contract_mismatch, at, "{} implements the contract {} {}, asked for was {} {}; {}",
                  who, implemented.name, implemented.number, wanted.name, wanted.number, remedy);
}

}  // namespace hotswap::detail
