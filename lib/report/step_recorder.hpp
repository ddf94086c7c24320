// Measures the steps of one operation, and sends an event for each.
#pragma once

#include <hotswap/event.hpp>
#include <hotswap/failure.hpp>
#include <hotswap/report.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hotswap::detail {

/// The receiver of events. Does not throw.
using event_sink = std::function<void(event const&)>;

/// The common data of one operation's events and report. Operations on a set share one mark.
struct operation_mark {
    operation_mark(operation of, std::stop_token stop_by = {}) : what(of), stop(std::move(stop_by)) {}

    operation what;
    std::stop_token stop;  ///< by which the host ends the operation before its commit
    std::uint64_t id = next_id();
    std::chrono::system_clock::time_point started = std::chrono::system_clock::now();

    /// The same operation with another kind in its events: a later part, which the host does not stop.
    operation_mark as(operation of) const {
        auto other = *this;
        other.what = of;
        other.stop = {};
        return other;
    }

private:
    static std::uint64_t next_id() noexcept;
};

/// The refusal of an operation that the host has asked to stop.
failure stopped_by_host(phase step);

/// The steps of one operation. Events from behind a gate reach subscribers once the gate is open
/// (slot/closed_here.hpp).
class step_recorder {
public:
    step_recorder(event_sink const& sink, std::string component, operation_mark const& mark)
        : sink_(sink), component_(std::move(component)), mark_(mark) {}
    step_recorder(step_recorder const&) = delete;
    step_recorder& operator=(step_recorder const&) = delete;

    /// Runs one step; adds the place to its failure.
    template <class F>
    auto run(phase step, F&& f) -> decltype(f()) {
        auto const began = std::chrono::steady_clock::now();
        auto outcome_of_step = [&]() -> decltype(f()) {
            if (auto injected = stop_at(step, "before")) return *injected;
            auto done = f();
            if (!done) return done;
            if (auto injected = stop_at(step, "after")) return *injected;
            return done;
        }();
        auto const took = std::chrono::steady_clock::now() - began;
        if (outcome_of_step) {
            note(step, took, nullptr);
            return outcome_of_step;
        }
        auto const why = complete(outcome_of_step.error(), step);
        note(step, took, &why);
        return why;
    }

    /// Records a step that was run elsewhere; completes its failure.
    result<void> record(phase step, std::chrono::nanoseconds took, result<void> const& outcome_of_step);

    /// The bytes that the last step handled.
    void bytes(std::uint64_t count) noexcept { phases_.back().bytes = count; }
    std::vector<phase_report> const& phases() const noexcept { return phases_; }
    /// Removes the steps from `count` on, which will be repeated; their events remain.
    void forget_from(std::size_t count) { phases_.resize(count); }
    void mark_old_serving() noexcept { old_serving_ = true; }
    void mark_committed() noexcept {
        committed_ = true;
        old_serving_ = false;
    }
    operation_mark const& mark() const noexcept { return mark_; }
    hotswap::operation operation() const noexcept { return mark_.what; }
    event_sink const& sink() const noexcept { return sink_; }
    bool committed() const noexcept { return committed_; }
    std::chrono::nanoseconds elapsed() const noexcept { return std::chrono::steady_clock::now() - began_; }

    /// The failure in the form that the host gets.
    failure complete(failure why, phase step) const;
    /// As `complete`, for a refusal before or between the steps.
    failure refused(failure why, phase step = phase::none);

    /// Reports the progress of a long step.
    void progress(phase step, std::string message);
    /// Warns of a fault that does not stop the operation.
    void warn(phase step, std::string message);
    /// Reports an error of the generation that serves.
    void error(phase step, std::string message);
    /// A recorder for an operation within this one: its steps are recorded separately.
    step_recorder within() const { return {sink_, component_, mark_}; }
    /// Reports how the whole operation ended.
    void finish(std::string message);

    /// The failure with which the operation ends before or after a step, because the host has asked it to stop, or because a
    /// test injects one; empty from the commit on.
    std::optional<failure> stop_at(phase step, std::string_view when) const;
    /// As `stop_at`, within a step: only if the host has asked the operation to stop.
    std::optional<failure> stopped(phase step) const;

private:
    event made(level severity, phase step) const;
    void note(phase step, std::chrono::nanoseconds duration, failure const* why);
    void remark(level severity, phase step, std::string message);
    event_sink const& sink_;
    std::string const component_;
    operation_mark const mark_;
    std::chrono::steady_clock::time_point const began_ = std::chrono::steady_clock::now();
    std::vector<phase_report> phases_;
    bool old_serving_ = false;
    bool committed_ = false;
};

}  // namespace hotswap::detail
