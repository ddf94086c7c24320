// The next state by reading the running object where it lies.
#pragma once

#include "transfer/construction.hpp"
#include "transfer/from_serialized.hpp"
#include "transfer/next_state.hpp"

#include <hotswap/options.hpp>

#include <memory>
#include <utility>

namespace hotswap::detail {

/// The running object is only read: the next module's code makes a state of its own from it, or, on a downgrade, from the older
/// version that the running module makes. Where it turns out that it cannot be read it goes through its serialized form, in the
/// same pause, and the report says why.
class from_object final : public next_state {
public:
    /// For a path that has no `reason_to_serialize`.
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
    bool is_copied_ = false;       // what the running module makes on a downgrade
    owned_remains used_up_;        // of the running module
    void const* older_ = nullptr;  // among those, if it is copied
};

/// How the running state gets to `next`, a module that may be the running one: by `how`, which is no handoff, if that can be done.
/// The report says which way, and why not that one.
std::unique_ptr<next_state> from_running(move_context const& context, std::shared_ptr<loaded_module> next,
                                         transfer how, pause_limits const& limits, swap_report& report);

}  // namespace hotswap::detail
