#include "swap/return_to_standby.hpp"

#include "swap/return_change.hpp"
#include "swap/transaction.hpp"

#include <algorithm>
#include <utility>

namespace hotswap::detail {

namespace {

result<std::vector<swap_report>> try_return(std::span<component_operation const> of,
                                            revert_options const& options, return_on which,
                                            durability* durable, other_change const& otherwise) {
    std::vector<std::unique_ptr<change>> changes;
    for (auto const& each : of) {
        if (each.of->standby() != nullptr) {
            changes.push_back(std::make_unique<return_change>(*each.of, options, which, *each.steps));
            continue;
        }
        auto other = otherwise(each);
        if (!other) return other.error();
        changes.push_back(std::move(*other));
    }
    transaction all(
        of.front().steps->operation(), std::move(changes),
        {.limits = limits_of(options), .durable = durable, .before_commit = &options.before_commit});
    if (auto done = all.run(); !done) return done.error();
    return all.take_reports();
}

}  // namespace

result<std::vector<swap_report>> return_to_standby(std::span<component_operation const> of,
                                                   revert_options const& options, durability* durable,
                                                   other_change const& otherwise) {
    // After a handoff the standby generation has no state.
    bool const have_states = std::ranges::all_of(of, [](auto const& each) {
        auto const* const standby = each.of->standby();
        return standby == nullptr || standby->state;
    });
    auto done = try_return(of, options, return_on::state_of_now, durable, otherwise);
    if (done || !have_states || !is_about_the_state(done.error().code)) return done;
    if (options.discard_writes) return try_return(of, options, return_on::standby_state, durable, otherwise);
    auto why = done.error();
    why.message += "; or set discard_writes, to go back to the state before the swap";
    return why;
}

}  // namespace hotswap::detail
