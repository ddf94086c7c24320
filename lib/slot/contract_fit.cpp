#include "slot/contract_fit.hpp"

#include "base/refuse.hpp"

#include <fmt/format.h>

namespace hotswap::detail {

namespace {

bool is_revision(implemented_contract const& served, contract const& wanted) noexcept {
    return served.name == wanted.name && served.revisions.has(wanted.number);
}

}  // namespace

std::string misfit(implemented_contract const& served, contract const& wanted) {
    if (!is_revision(served, wanted))
        return fmt::format("implements the contract {} {}, asked for was {} {}", served.name,
                           in_words(served.revisions.all()), wanted.name, wanted.number);
    auto const functions = served.revisions.functions_of(wanted.number);
    if (functions == wanted.functions || functions == 0 || wanted.functions == 0) return {};
    return fmt::format(
        "implements the contract {} {} as a class with {} entries in its vtable, the caller knows it with {}",
        wanted.name, wanted.number, functions, wanted.functions);
}

result<void> check_contract(implemented_contract const& served, contract const& wanted, phase at,
                            std::string_view who, std::string_view remedy) {
    auto const why = misfit(served, wanted);
    if (why.empty()) return {};
    if (is_revision(served, wanted))
        return refuse(errc::contract_mismatch, at,
                      "{} {}: a virtual function was added or removed under the same number; raise the "
                      "number, and build both against the same header",
                      who, why);
    return refuse(errc::contract_mismatch, at, "{} {}; {}", who, why, remedy);
}

}  // namespace hotswap::detail
