#include "runtime/operations.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

namespace hotswap::detail {

bool operations::is_inside_any() const {
    auto const all = components_.all();
    return std::any_of(all.begin(), all.end(),
                       [](auto const& each) { return each->gate()->held_by_this_thread(); });
}

result<claimed_slot> operations::claim(std::string_view name, step_recorder& steps) const {
    auto found = components_.find(name);
    if (!found) return steps.refused(found.error());
    if ((*found)->gate()->held_by_this_thread()) {
        steps.mark_old_serving();
        return steps.refused(
            refuse(errc::would_deadlock, phase::none,
                   "this thread holds a lease on the component, so the operation would wait for itself; "
                   "release the lease first, or operate from another thread"));
    }
    auto& turn = (*found)->operation();
    if (!turn.try_take(operation_turn::holder::host) &&
        (is_inside_any() || !turn.take_after_runtime(steps.mark().stop))) {
        steps.mark_old_serving();
        if (auto stopped = steps.stopped(phase::none)) return steps.refused(*stopped);
        return steps.refused(
            refuse(errc::busy, phase::none,
                   "another operation is in progress on the component; wait for it and try again"));
    }
    claimed_slot claimed{*found, held_turn(turn)};
    // The component may have been unloaded while this thread waited for its turn.
    if (!claimed.slot->is_loaded()) return steps.refused(components_.unknown(name));
    return claimed;
}

result<std::vector<claimed_slot>> operations::claim_all(std::span<std::string const> names,
                                                        std::list<step_recorder>& recorders) const {
    std::vector<step_recorder*> steps;
    for (auto& each : recorders) steps.push_back(&each);
    std::vector<std::size_t> order(names.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t i) { return std::string_view(names[i]); });
    std::vector<std::optional<claimed_slot>> taken(names.size());
    for (auto const i : order) {
        auto claimed = claim(names[i], *steps[i]);
        if (!claimed) return claimed.error();
        taken[i].emplace(std::move(*claimed));
    }
    std::vector<claimed_slot> all;
    all.reserve(taken.size());
    for (auto& each : taken) all.push_back(std::move(*each));
    return all;
}

}  // namespace hotswap::detail
