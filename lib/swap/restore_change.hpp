// The change to the state of an earlier snapshot, with the running module.
#pragma once

#include "swap/change.hpp"

#include <hotswap/failure.hpp>
#include <hotswap/options.hpp>

#include <cstddef>
#include <span>

namespace hotswap::detail {

class restore_change final : public change {
public:
    /// Lifetime: `frame` and `options` outlive the change.
    restore_change(slot& of, std::span<std::byte const> frame, restore_options const& options,
                   step_recorder& steps)
        : change(of, steps, options.arguments), frame_(frame), keep_replaced_(options.keep_replaced) {}

private:
    result<void> choose() override;
    void take_leave_of(generation const& old) override;

    std::span<std::byte const> const frame_;
    bool const keep_replaced_;
};

}  // namespace hotswap::detail
