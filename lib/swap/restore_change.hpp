// The change to the state of an earlier snapshot, with the running module.
#pragma once

#include "swap/change.hpp"

#include <hotswap/failure.hpp>

#include <cstddef>
#include <span>

namespace hotswap::detail {

class restore_change final : public change {
public:
    /// Lifetime: `frame` and `arguments` outlive the change.
    restore_change(slot& of, std::span<std::byte const> frame, hotswap::arguments const& arguments,
                   step_recorder& steps)
        : change(of, steps, arguments), frame_(frame) {}

private:
    result<void> choose() override;

    std::span<std::byte const> const frame_;
};

}  // namespace hotswap::detail
