#include "swap/ending_callers.hpp"

#include "base/refuse.hpp"

#include <fmt/format.h>

#include <vector>

namespace hotswap::detail {

std::string words_on_ending(served_contract const& before, contract_step const& step) {
    return fmt::format(
        "handles by the contract {} end with it: find and call the component by the contract {} then",
        before.in_words(), step.after.in_words());
}

result<std::string> check_other_neighbours(slot const& slot, std::span<std::string const> changed,
                                           contract_step const& step) {
    std::vector<std::string> insiders(changed.begin(), changed.end());
    insiders.push_back(slot.name());
    auto const others = slot.callers()->components_but(insiders);
    if (others.empty()) return std::string();
    auto const before = slot.running().contract.in_words();
    if (step.end_neighbours_handles)
        return fmt::format("{} hold handles by the contract {}: their calls fail from then on", others,
                           before);
    return refuse(errc::in_use, phase::plan,
                  "from the contract {} to {} all handles end, and {} hold some; swap those in the same set, "
                  "unload them first, or set end_neighbours_handles: their calls fail from then on",
                  before, step.after.in_words(), others);
}

}  // namespace hotswap::detail
