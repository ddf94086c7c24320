// The checkpoint that a runtime writes when it is destroyed.
#include "runtime/core.hpp"

#include <condition_variable>
#include <thread>

namespace hotswap::detail {

namespace {

using clock = std::chrono::steady_clock;

/// What the thread that saves and the one that waits for it share.
struct saving {
    std::mutex mutex;
    std::condition_variable changed;
    bool is_over = false;            // guarded by mutex
    std::vector<std::string> wrong;  // guarded by mutex: in sentences
};

// Time is left for the other components, and for the writing.
std::chrono::nanoseconds drain_deadline(clock::time_point until, std::chrono::nanoseconds all) {
    auto const left = std::chrono::duration_cast<std::chrono::nanoseconds>(until - clock::now());
    return std::max(std::chrono::nanoseconds{0}, std::min({all / 4, left / 2, default_drain_deadline}));
}

// Unlike `checkpoint`, what can be saved is: there is no later one.
result<void> save_all(runtime_core& core, clock::time_point until, event_sink const& sink,
                      std::vector<std::string>& wrong) {
    std::vector<slot_snapshot> taken;
    std::vector<held_turn> turns;
    for (auto const& in : core.components.all()) {
        if (!in->operation.take_after_all()) continue;
        held_turn turn(in->operation);
        turns.push_back(std::move(turn));
        if (!in->is_loaded()) continue;
        step_recorder own(sink, in->entrance->name(), "checkpoint");
        auto const frame = take_snapshot(*in, own, drain_deadline(until, core.options.exit_deadline));
        auto written = !frame ? result<loose_snapshot>(frame.error())
                              : core.keeping->write(*in, {in->running().info().schema_version, *frame, {}});
        if (written)
            taken.push_back({in.get(), std::move(*written)});
        else
            wrong.push_back(fmt::format("{}: {}", in->entrance->name(), written.error().message));
    }
    if (taken.empty()) return {};
    return core.keeping->commit_all(taken, true);
}

void save(runtime_core& core, clock::time_point until, saving& shared) noexcept {
    std::vector<std::string> wrong;
    try {
        // A component's last call is no news, and whoever subscribed may be gone.
        event_sink const silent = [](event const&) {};
        if (auto done = save_all(core, until, silent, wrong); !done) wrong.push_back(done.error().message);
    } catch (std::exception const& e) {
        try {
            wrong.emplace_back(e.what());
        } catch (std::bad_alloc const&) {
        }
    }
    std::lock_guard const lock(shared.mutex);
    shared.wrong = std::move(wrong);
    shared.is_over = true;
    shared.changed.notify_all();
}

event about(std::string message) {
    return {std::chrono::system_clock::now(),
            level::error,
            "",
            "checkpoint",
            phase::persist,
            outcome::failed,
            {},
            std::move(message)};
}

}  // namespace

// On a thread of its own, because nothing bounds how long a component's code and a disk take.
bool runtime_core::save_within_deadline() {
    auto const until = clock::now() + options.exit_deadline;
    auto const shared = std::make_shared<saving>();
    if (is_inside_any()) {
        events.publish(about(
            "no last checkpoint is written: this thread destroys the runtime within a call or a lease"));
        return true;
    }
    std::thread saver([this, until, shared] { save(*this, until, *shared); });
    std::unique_lock lock(shared->mutex);
    bool const is_over = shared->changed.wait_until(lock, until, [&] { return shared->is_over; });
    auto const wrong = shared->wrong;
    lock.unlock();
    if (is_over)
        saver.join();
    else
        saver.detach();
    if (!is_over)
        events.publish(
            about(fmt::format("the last checkpoint has not ended after {}: the store holds the state of the "
                              "one before, and the "
                              "components' code stays mapped",
                              to_string(options.exit_deadline))));
    for (auto const& each : wrong)
        events.publish(about(
            fmt::format("the last checkpoint is not whole, the store holds an earlier state; {}", each)));
    return is_over;
}

// A process that ends well does not make what it ran on probation suspect.
bool runtime_core::save_at_exit() noexcept {
    try {
        auto const all = components.all();
        if (!keeping || !set_is_here || all.empty()) return true;
        if (options.checkpoint_on_exit) return save_within_deadline();
        for (auto const& in : all)
            if (in->standby() != nullptr) static_cast<void>(keeping->note_probation_over(*in));
    } catch (std::exception const& e) {
        // There is no memory, or no thread.
        events.publish(about(std::string("no last checkpoint is written: ") + e.what()));
    }
    return true;
}

}  // namespace hotswap::detail
