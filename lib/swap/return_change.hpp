// A component goes back to the generation that stands by.
#pragma once

#include "swap/change.hpp"

#include <hotswap/failure.hpp>
#include <hotswap/options.hpp>

namespace hotswap::detail {

/// On which state it goes on.
enum class return_on {
    state_of_now,   ///< taken down the way that the running module knows
    standby_state,  ///< as it was at the swap: what has been written since is dropped
};

/// The slot has a generation on standby, which stays there until the commit.
class return_change final : public change {
public:
    /// Lifetime: of `options` until it is destroyed.
    return_change(slot& of, revert_options const& options, return_on which, step_recorder& steps)
        : change(of, steps, options.arguments), options_(options), which_(which) {}

private:
    result<void> choose() override;
    result<void> choose_state_of_now();

    revert_options const& options_;
    return_on const which_;
};

/// Whether the refusal of a return on the state of now will be the same however often it is tried: then the standby's state is
/// the other way.
bool is_about_the_state(errc why) noexcept;

}  // namespace hotswap::detail
