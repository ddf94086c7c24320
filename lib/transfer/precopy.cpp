#include "transfer/precopy.hpp"

#include "base/refuse.hpp"
#include "transfer/closed_gates.hpp"
#include "transfer/throttle.hpp"

#include <thread>
#include <utility>

namespace hotswap::detail {

namespace {

using namespace std::chrono_literals;

// A thread that wakes gets a full time slice: the thread that closes the gate is not about to lose its
// processor. A short copy has used little of its slice, and a revert of a small component is not held up.
constexpr std::chrono::nanoseconds rest_before_pause = 3ms;
constexpr std::chrono::nanoseconds short_copy = 500us;

constexpr std::chrono::nanoseconds between_lines = 1s;

}  // namespace

precopy::precopy(slot& slot, std::shared_ptr<loaded_module> next, migration_path const& path,
                 argument_view const& arguments)
    : in_(slot),
      next_(std::move(next)),
      migrator_(path.direction == direction::downgrade ? slot.running().module.shared() : next_),
      from_(path.versions.front()),
      to_(path.versions.back()),
      arguments_(arguments) {}

// The reason that the tables of the running state cannot be copied while it is in use; empty if they can.
std::string precopy::obstacle() const {
    auto const& running = *in_.running().module;
    auto const flags = running.file().own_state().flags;
    if ((flags & abi::state_tables) == 0) return "the state has no tables";
    if ((flags & abi::state_opaque) != 0)
        return "the state holds a class whose fields are not known (a non-aggregate with its own serialize)";
    if ((flags & abi::state_bound) != 0)
        return "the state holds a container that may point into the module that made it (boost::unordered)";
    if (migrator_->api().begin_copy == nullptr)
        return "the module that knows the path has no code for tables";
    if (migrator_ != next_ && next_->api().import_outline == nullptr) return "the older state has no tables";
    return {};
}

void precopy::copy_in_pause(std::string why) {
    ready_ = false;
    if ((in_.running().module->file().own_state().flags & abi::state_tables) == 0) return;
    report_.way = table_way::in_pause;
    report_.reason = std::move(why);
}

result<outline> precopy::take_outline(pause_limits const& limits) {
    auto const take = [&]() -> result<outline> {
        closed_gates closed(in_, limits);
        if (auto drained = closed.drain(); !drained) return drained.error();
        auto made = outline_of(in_.running());
        closed.reopen();
        report_.first_pause = closed.length();
        return made;
    };
    // Like the pause itself, this is tried again: one busy moment is no reason to give up.
    for (unsigned attempt = 1;; ++attempt) {
        auto taken = take();
        bool const may_try_again = !taken && taken.error().code == errc::pause_budget_exceeded;
        if (!may_try_again || attempt == max_attempts) return taken;
    }
}

result<void> precopy::run(step_recorder& steps, pause_limits const& limits) {
    if (auto why = obstacle(); !why.empty()) {
        copy_in_pause(std::move(why));
        return {};
    }
    return steps.run(phase::precopy, [&]() -> result<void> {
        auto const of = take_outline(limits);
        if (!of) return of.error();
        return copy_rows(steps, *of);
    });
}

// False if the tables can only be copied in the pause.
result<bool> precopy::begin(outline const& of) {
    abi::copy_progress expected;
    auto begun = copy_.begin(migrator_, from_, to_, of, arguments_, expected);
    if (!begun) return begun.error();
    if (!begun->yes) copy_in_pause(begun->why_not);
    report_.rows = expected.total;
    report_.memory = expected.bytes;
    return begun->yes;
}

result<void> precopy::look_ahead(pause_limits const& limits) {
    if (auto why = obstacle(); !why.empty()) {
        copy_in_pause(std::move(why));
        return {};
    }
    auto const of = take_outline(limits);
    if (!of) return of.error();
    auto begun = begin(*of);
    if (!begun) return begun.error();
    if (*begun) report_.way = table_way::before_pause;
    copy_.end();
    return {};
}

result<void> precopy::copy_rows(step_recorder& steps, outline const& of) {
    ++report_.copies;
    auto begun = begin(of);
    if (!begun || !*begun) return begun ? result<void>() : begun.error();
    auto const began = std::chrono::steady_clock::now();
    if (auto copied = advance_until_complete(steps); !copied) return copied;
    if (std::chrono::steady_clock::now() - began > short_copy) std::this_thread::sleep_for(rest_before_pause);
    // Meanwhile a writer may have met a row that cannot be migrated: this is found while the gate is still
    // open.
    if (auto still = advance_until_complete(steps); !still) return still;
    report_.way = table_way::before_pause;
    ready_ = true;
    spent_ = false;
    return {};
}

result<void> precopy::advance_until_complete(step_recorder& steps) {
    using clock = std::chrono::steady_clock;
    auto last_line = clock::now();
    for (;;) {
        auto const began = clock::now();
        abi::copy_progress progress;
        auto complete = copy_.advance(work_slice, progress);
        if (!complete) return complete.error();
        report_.rows = progress.rows;
        report_.memory = progress.bytes;
        if (*complete) return {};
        if (auto stopped = steps.stopped(phase::precopy)) return *stopped;
        auto const now = clock::now();
        if (now - last_line >= between_lines) {
            last_line = now;
            steps.progress(phase::precopy,
                           fmt::format("{} of {} rows copied", progress.rows, progress.total));
        }
        rest_after(began);
    }
}

result<void> precopy::finish(outline const& now, owned_state& made) {
    auto finished = copy_.finish(now, arguments_, *next_, made);
    if (!finished) return finished.error();
    spent_ = true;
    if (finished->yes) return {};
    stale_ = finished->why_not;
    is_hopeless_ = finished->is_final;
    return refuse(errc::busy, phase::migrate, "{}; try again while the component is less busy", stale_);
}

bool precopy::may_try_again(failure const& why) const noexcept {
    bool const is_stale = !stale_.empty();
    if (!ready_ || (!is_stale && why.code != errc::pause_budget_exceeded)) return false;
    return is_stale || attempts_ != max_attempts;
}

result<void> precopy::prepare_again(step_recorder& steps, pause_limits const& limits) {
    if (!ready_) return {};
    ++attempts_;
    if (!spent_) return {};
    if (is_hopeless_) {
        copy_.end();
        copy_in_pause(std::exchange(stale_, {}));
        return {};
    }
    if (attempts_ > max_attempts) {
        copy_.end();
        copy_in_pause(std::exchange(stale_, {}) + " each time that they were copied before it");
        return {};
    }
    stale_.clear();
    ready_ = false;
    return run(steps, limits);
}

}  // namespace hotswap::detail
