#include "runtime/checkpoints.hpp"

#include "runtime/guarded.hpp"
#include "transfer/snapshot.hpp"

#include <exception>
#include <utility>
#include <vector>

namespace hotswap::detail {

result<void> checkpoints::take_all(step_recorder& steps) {
    auto const found = store_.expect_durability();
    if (!found) return steps.refused(found.error(), phase::persist);
    auto& durable = **found;
    if (auto writable = store_.expect_writable(); !writable) return steps.refused(writable.error());
    std::vector<slot_snapshot> taken;
    std::vector<held_turn> held;
    for (auto const& slot : components_.all()) {
        if (slot->gate()->held_by_this_thread() || !slot->operation().take_after_all())
            return steps.refused(
                refuse(errc::would_deadlock, phase::persist,
                       "this thread is within a call, a lease or an operation of {}; finish that first",
                       slot->name()),
                phase::persist);
        held_turn turn(slot->operation());
        held.push_back(std::move(turn));
        if (!slot->is_loaded()) continue;
        step_recorder own(sink_, slot->name(), steps.mark());
        auto const frame = take_snapshot(*slot, own);
        if (!frame) return frame.error();
        auto written = own.run(phase::persist, [&] {
            return durable.write(*slot, {slot->running().info().schema_version, *frame, {}});
        });
        if (!written) return written.error();
        taken.push_back({slot.get(), std::move(*written)});
    }
    // A set equal to the current one would only put the set before out of reach.
    if (!taken.empty())
        if (auto done = steps.run(phase::persist, [&] { return durable.commit_all(taken); }); !done)
            return done;
    steps.finish(fmt::format("{} components", taken.size()));
    return {};
}

result<void> checkpoints::take() {
    return operations_.run<void>("", operation::checkpoint, [&](step_recorder& steps) {
        auto done = take_all(steps);
        if (done) note_end(done);
        return done;
    });
}

void checkpoints::begin_periodic() {
    auto const period = options_.checkpoint_period;
    if (period.count() <= 0) return;
    periodic_.emplace(thread_name("store"), period, [this]() noexcept {
        if (!store_.may_be_written()) return;  // nothing is loaded, or not all of it yet
        try {
            step_recorder steps(sink_, "", operation::checkpoint);
            note_end(guarded<void>(steps, [&] { return take_all(steps); }));
        } catch (std::exception const&) {
            // There is no memory, not even for an event: the next period tries again.
        }
    });
}

void checkpoints::note_end(result<void> const& done) {
    mutex_lock const lock(mutex_);
    if (done) return failing_.reset();
    if (!failing_) failing_.emplace().since = options_.clock();
    failing_->last = done.error();
    ++failing_->times;
}

std::optional<failing_checkpoint> checkpoints::failing() const {
    mutex_lock const lock(mutex_);
    return failing_;
}

}  // namespace hotswap::detail
