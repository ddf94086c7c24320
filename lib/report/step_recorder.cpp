#include "report/step_recorder.hpp"

#include "base/failpoint.hpp"
#include "base/refuse.hpp"

#include <atomic>

namespace hotswap::detail {

std::uint64_t operation_mark::next_id() noexcept {
    static constinit std::atomic<std::uint64_t> last{0};
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

failure step_recorder::complete(failure why, phase step) const {
    why.phase = step;
    why.component = component_;
    why.old_serving = old_serving_;
    why.operation_id = mark_.id;
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

failure stopped_by_host(phase step) {
    return refuse(errc::aborted, step,
                  "the operation was asked to stop before it had committed; nothing was changed");
}

std::optional<failure> step_recorder::stopped(phase step) const {
    if (committed_ || !mark_.stop.stop_requested()) return std::nullopt;
    return stopped_by_host(step);
}

std::optional<failure> step_recorder::stop_at(phase step, std::string_view when) const {
#if defined(HOTSWAP_FAILPOINTS)
    auto const point = fmt::format("{}.{}.{}", to_string(operation()), step, when);
    int const error = HOTSWAP_FAILPOINT(point);
    if (error != 0 && step < phase::commit)
        return refuse(errc::limit_reached, step, "the failpoint {} failed with errno {}", point, error);
#endif
    // What a step has done is undone with the operation, at the next step or at the commit.
    if (when == "before") return stopped(step);
    return std::nullopt;
}

event step_recorder::made(level severity, phase step) const {
    event what;
    what.time = std::chrono::system_clock::now();
    what.level = severity;
    what.component = component_;
    what.operation = mark_.what;
    what.operation_id = mark_.id;
    what.phase = step;
    return what;
}

void step_recorder::note(phase step, std::chrono::nanoseconds duration, failure const* why) {
    if (step != phase::none) phases_.push_back({step, duration, 0});
    auto what = made(why == nullptr ? level::debug : level::warning, step);
    what.outcome = why == nullptr ? outcome::done : outcome::failed;
    what.duration = duration;
    if (why != nullptr) what.message = why->message;
    sink_(what);
}

void step_recorder::progress(phase step, std::string message) {
    remark(level::info, step, std::move(message));
}

void step_recorder::warn(phase step, std::string message) {
    remark(level::warning, step, std::move(message));
}

void step_recorder::error(phase step, std::string message) { remark(level::error, step, std::move(message)); }

void step_recorder::remark(level severity, phase step, std::string message) {
    auto what = made(severity, step);
    what.message = std::move(message);
    sink_(what);
}

void step_recorder::finish(std::string message) {
    auto what = made(level::info, phase::none);
    what.outcome = outcome::done;
    what.duration = elapsed();
    what.message = std::move(message);
    sink_(what);
}

}  // namespace hotswap::detail
