// A closed gate: the only time in which a caller can wait.
#pragma once

#include "slot/closed_here.hpp"
#include "slot/slot.hpp"

#include <hotswap/detail/slot/gate.hpp>
#include <hotswap/failure.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

namespace hotswap::detail {

/// For how long callers may be held.
struct pause_limits {
    std::chrono::nanoseconds drain_deadline{0};
    std::chrono::nanoseconds pause_budget{0};  ///< 0: none
};

/// Closes a gate for as long as it lives, unless it is opened before: leaving the scope lets the callers
/// through to the generation that was running, whatever happened. What subscribers get to hear meanwhile waits, because
/// each of them may call the component.
class pause {
public:
    /// The caller holds the slot's operation.
    pause(slot& in, pause_limits const& limits) noexcept
        : slot_(in), gate_(*in.entrance), limits_(limits), held_before_(gate_.calls_held()) {
        here_.emplace(&gate_);
        slot_.is_paused = true;
        if (slot_.around.gates != nullptr) slot_.around.gates->closed(entry_);
        gate_.close();
    }
    ~pause() {
        if (!opened_) reopen();
        if (slot_.around.gates != nullptr) slot_.around.gates->catch_up();
    }
    pause(pause const&) = delete;
    pause& operator=(pause const&) = delete;

    /// Waits for the last lease.
    /// Errors:   drain_timeout, pause_budget_exceeded.
    result<void> drain() const;
    /// Errors:   pause_budget_exceeded.
    result<void> check_budget() const;

    bool has_budget() const noexcept { return limits_.pause_budget.count() > 0; }
    std::chrono::nanoseconds budget() const noexcept { return limits_.pause_budget; }
    /// When the budget, if there is one, is used up.
    std::chrono::steady_clock::time_point deadline() const noexcept {
        return began_ + std::min<std::chrono::nanoseconds>(budget(), std::chrono::hours(24 * 365));
    }

    /// Lets the callers through to a new instance.
    void open(void* contract) noexcept {
        gate_.open(contract);
        ended();
    }
    /// Keeps the gate closed for good.
    void end() noexcept {
        gate_.end();
        ended();
    }
    void reopen() noexcept {
        gate_.reopen();
        ended();
    }

    /// From the gate closing to the gate opening, or to now.
    std::chrono::nanoseconds length() const noexcept {
        return (opened_ ? ended_at_ : std::chrono::steady_clock::now()) - began_;
    }
    std::uint64_t calls_held() const noexcept { return gate_.calls_held() - held_before_; }
    std::chrono::nanoseconds longest_wait() const noexcept { return gate_.longest_wait(ended_at_); }

private:
    void ended() noexcept {
        ended_at_ = std::chrono::steady_clock::now();
        if (opened_) return;
        opened_ = true;
        here_.reset();
        slot_.is_paused = false;
        if (slot_.around.gates != nullptr) slot_.around.gates->opened(entry_);
    }

    slot& slot_;
    gate& gate_;
    pause_limits const limits_;
    std::uint64_t const held_before_;
    std::chrono::steady_clock::time_point const began_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point ended_at_;
    bool opened_ = false;
    closed_gate entry_{&gate_};
    std::optional<behind_gate> here_;
};

}  // namespace hotswap::detail
