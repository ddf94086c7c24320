// The next states that are not made from the running one in the pause: handed over, at hand, or on standby.
#pragma once

#include "transfer/construction.hpp"
#include "transfer/next_state.hpp"

#include <cstdint>

namespace hotswap::detail {

/// The same object; the commit gives it to the next generation.
class by_handoff final : public next_state {
public:
    explicit by_handoff(move_context const& context) noexcept : context_(context) {}

    result<void> in_pause(closed_gates& closed, next_generation& next) override;
    void undo(next_generation& next) noexcept override { next->instance = {}; }
    bool comes_from_old() const noexcept override { return false; }

private:
    move_context const& context_;
};

/// A state that the next generation has before the pause: from a frame, or a default one.
class at_hand final : public next_state {
public:
    explicit at_hand(move_context const& context) noexcept : constructs_(context) {}

    result<void> before_pause(pause_limits const& limits) override {
        constructs_.expect(limits);
        return {};
    }
    result<void> in_pause(closed_gates& closed, next_generation& next) override {
        return constructs_.run(closed, next, nullptr);
    }
    bool comes_from_old() const noexcept override { return false; }
    bool may_be_used_again() const noexcept override { return false; }

private:
    construction constructs_;
};

/// The standby generation continues with its own state: later writes are discarded, and counted.
class from_standby final : public next_state {
public:
    from_standby(move_context const& context, swap_report& report) noexcept
        : context_(context), report_(report) {}

    result<void> in_pause(closed_gates& closed, next_generation& next) override;
    void undo(next_generation& next) noexcept override;
    bool comes_from_old() const noexcept override { return false; }
    bool brings_generation() const noexcept override { return true; }

private:
    move_context const& context_;
    swap_report& report_;
};

}  // namespace hotswap::detail
