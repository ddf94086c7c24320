// The change back to the standby generation.
#pragma once

#include "swap/change.hpp"

#include <hotswap/failure.hpp>
#include <hotswap/options.hpp>

namespace hotswap::detail {

/// The state on which the standby generation continues.
enum class return_on {
    state_of_now,   ///< downgraded by the running module
    standby_state,  ///< as it was at the swap: later writes are discarded
};

/// The slot has a generation on standby, which stays there until the commit.
class return_change final : public change {
public:
    /// Lifetime: `options` outlives the change.
    return_change(slot& of, revert_options const& options, return_on which, step_recorder& steps)
        : change(of, steps, options.arguments), options_(options), which_(which) {}

private:
    result<void> choose() override;
    result<void> choose_state_of_now();

    revert_options const& options_;
    return_on const which_;
};

/// Whether another try of a return on the state of now would be refused in the same way: then only the
/// standby's own state is left.
bool is_about_the_state(errc why) noexcept;

}  // namespace hotswap::detail
