// Makes the next state by reading the running object in place.
#pragma once

#include "transfer/construction.hpp"
#include "transfer/from_serialized.hpp"
#include "transfer/next_state.hpp"

#include <hotswap/options.hpp>

#include <memory>
#include <utility>

namespace hotswap::detail {

/// Only reads the running object: the next module's code makes its own state from this object, or, on a
/// downgrade, from the older version that the running module makes. An object that cannot be read goes
/// through its serialized form, in the same pause, and the report says why.
class from_object final : public next_state {
public:
    /// For a path without a `reason_to_serialize`.
    from_object(move_context const& context, std::shared_ptr<loaded_module> next, swap_report& report)
        : context_(context),
          next_module_(std::move(next)),
          report_(report),
          constructs_(context),
          otherwise_(context) {}

    result<void> before_pause(pause_limits const& limits) override;
    void gates_close() noexcept override { constructs_.gates_close(); }
    result<void> in_pause(closed_gates& closed, next_generation& next) override;
    result<void> prepare_again(pause_limits const& limits) override;

private:
    bool goes_down() const noexcept { return context_.path.direction == direction::downgrade; }
    template <class F>
    result<bool> attempt(phase step, F&& f);
    result<bool> read(next_generation& next);
    result<bool> step_down(next_generation& next);

    move_context const& context_;
    std::shared_ptr<loaded_module> const next_module_;
    swap_report& report_;
    construction constructs_;
    from_serialized otherwise_;
    bool is_copied_ = false;       // the older state, which the running module makes
    owned_remains used_up_;        // of the running module
    void const* older_ = nullptr;  // a part of `used_up_`, if it is copied
};

/// Chooses the way of the running state to `next`, which may be the running module: `how`, which is no
/// handoff, if possible. The report names the way, and the reason if it is not `how`.
std::unique_ptr<next_state> from_running(move_context const& context, std::shared_ptr<loaded_module> next,
                                         transfer how, pause_limits const& limits, swap_report& report);

}  // namespace hotswap::detail
