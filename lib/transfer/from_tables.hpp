// Makes the next state with the rows of its tables copied before the pause.
#pragma once

#include "transfer/construction.hpp"
#include "transfer/from_serialized.hpp"
#include "transfer/next_state.hpp"
#include "transfer/precopy.hpp"

#include <memory>
#include <utility>

namespace hotswap::detail {

/// Moves the rows of the running state before the pause if possible; otherwise serializes the state.
class from_tables final : public next_state {
public:
    /// For the path to `next`, which may be the running module.
    from_tables(move_context const& context, std::shared_ptr<loaded_module> next)
        : context_(context),
          tables_(context.component, std::move(next), context.path, context.view),
          otherwise_(context),
          constructs_(context) {}

    result<void> before_pause(pause_limits const& limits) override;
    void gates_close() noexcept override { otherwise_.gates_close(); }
    result<void> in_pause(closed_gates& closed, next_generation& next) override;
    bool may_try_again(failure const& why) const noexcept override { return tables_.may_try_again(why); }
    result<void> prepare_again(pause_limits const& limits) override;
    void end(swap_report& report) noexcept override;

private:
    result<void> expect(pause_limits const& limits);

    move_context const& context_;
    precopy tables_;
    from_serialized otherwise_;
    construction constructs_;
};

}  // namespace hotswap::detail
