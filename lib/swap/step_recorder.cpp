#include "swap/step_recorder.hpp"

#include "base/failpoint.hpp"
#include "base/refuse.hpp"

#include <new>

namespace hotswap::detail {

namespace {

// The operation of this thread that is behind a gate.
constinit thread_local step_recorder* behind_gate = nullptr;

}  // namespace

failure step_recorder::complete(failure why, phase step) const {
    why.phase = step;
    why.component = component_;
    why.old_serving = old_serving_;
    return why;
}

failure step_recorder::refused(failure why, phase step) {
    note(step, std::chrono::nanoseconds{0}, &why);
    return complete(std::move(why), step);
}

result<void> step_recorder::record(phase step, std::chrono::nanoseconds took,
                                   result<void> const& outcome_of_step) {
    auto const injected = outcome_of_step ? stop_at(step, "after") : std::nullopt;
    if (outcome_of_step && !injected) {
        note(step, took, nullptr);
        return {};
    }
    auto const why = complete(injected ? *injected : outcome_of_step.error(), step);
    note(step, took, &why);
    return why;
}

std::optional<failure> step_recorder::stop_at([[maybe_unused]] phase step,
                                              [[maybe_unused]] std::string_view when) const {
#if defined(HOTSWAP_FAILPOINTS)
    auto const point = fmt::format("{}.{}.{}", operation_, step, when);
    int const error = HOTSWAP_FAILPOINT(point);
    if (error != 0 && step < phase::commit)
        return refuse(errc::limit_reached, step, "the failpoint {} failed with errno {}", point, error);
#endif
    return std::nullopt;
}

void step_recorder::note(phase step, std::chrono::nanoseconds duration, failure const* why) {
    if (step != phase::none) phases_.push_back({step, duration, 0});
    event what;
    what.time = std::chrono::system_clock::now();
    what.level = why == nullptr ? level::debug : level::warning;
    what.component = component_;
    what.operation = operation_;
    what.phase = step;
    what.outcome = why == nullptr ? outcome::done : outcome::failed;
    what.duration = duration;
    if (why != nullptr) what.message = why->message;
    publish(std::move(what));
}

void step_recorder::publish(event what) noexcept {
    if (!holding_) return sink_(what);
    try {
        held_.push_back(std::move(what));
    } catch (std::bad_alloc const&) {
        // The operation goes on without the line: its report, or its failure, is what counts.
    }
}

void step_recorder::hold_back() noexcept {
    outer_ = std::exchange(behind_gate, this);
    holding_ = true;
}

bool step_recorder::hold_back_line(event_sink const& sink, event const& line) {
    if (behind_gate == nullptr || &behind_gate->sink_ != &sink) return false;
    behind_gate->held_.push_back(line);
    return true;
}

void step_recorder::tell() noexcept {
    if (holding_) behind_gate = outer_;
    holding_ = false;
    for (event const& what : held_) sink_(what);
    held_.clear();
}

void step_recorder::progress(phase step, std::string message) {
    remark(level::info, step, std::move(message));
}

void step_recorder::warn(phase step, std::string message) {
    remark(level::warning, step, std::move(message));
}

void step_recorder::remark(level severity, phase step, std::string message) {
    event what;
    what.time = std::chrono::system_clock::now();
    what.level = severity;
    what.component = component_;
    what.operation = operation_;
    what.phase = step;
    what.message = std::move(message);
    publish(std::move(what));
}

void step_recorder::finish(std::string message) {
    event what;
    what.time = std::chrono::system_clock::now();
    what.component = component_;
    what.operation = operation_;
    what.outcome = outcome::done;
    what.duration = elapsed();
    what.message = std::move(message);
    publish(std::move(what));
}

}  // namespace hotswap::detail
