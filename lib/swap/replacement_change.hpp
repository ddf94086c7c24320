// The change to the module of another file: a swap, or a revert to the release before.
#pragma once

#include "module/staging_area.hpp"
#include "swap/change.hpp"
#include "transfer/replacement.hpp"
#include "transfer/staged_module.hpp"

#include <hotswap/failure.hpp>

namespace hotswap::detail {

class replacement_change final : public change {
public:
    /// Lifetime: `request.arguments` outlives the change.
    replacement_change(slot& of, staging_area& area, replacement request, step_recorder& steps)
        : change(of, steps, *request.arguments), area_(area), by_(std::move(request)) {
        report_.transfer = by_.transfer;
        for (auto const& each : by_.passed_over) notes_.push_back("passed over: " + each);
    }

private:
    result<void> choose() override;
    /// Errors:   plan_stale.
    result<void> expect_plan(staged_module const& staged);
    result<void> expect_fit(staged_module const& staged);
    result<void> begin(staged_module staged);
    result<void> begin_afresh();
    void stay(staged_module const& staged);

    staging_area& area_;
    replacement const by_;
};

}  // namespace hotswap::detail
