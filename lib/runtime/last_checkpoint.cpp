// The checkpoint that a runtime writes when it is destroyed.
#include "runtime/core.hpp"

#include <condition_variable>
#include <thread>
#include <utility>

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
        // A good end is no news, and what subscribers refer to may be gone already.
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

// Whatever becomes of the words, what was found out stands.
template <class... A>
void tell(event_bus& events, fmt::format_string<A...> sentence, A&&... about) noexcept {
    try {
        events.publish({std::chrono::system_clock::now(),
                        level::error,
                        "",
                        "checkpoint",
                        phase::persist,
                        outcome::failed,
                        {},
                        fmt::format(sentence, std::forward<A>(about)...)});
    } catch (std::exception const&) {
        // There is no memory for a line.
    }
}

}  // namespace

// On a thread of its own, because nothing bounds how long a component's code and a disk take.
bool runtime_core::save_within_deadline() {
    if (is_inside_any()) {
        tell(events,
             "no last checkpoint is written: this thread destroys the runtime within a call or a lease");
        return true;
    }
    auto const until = clock::now() + std::min<std::chrono::nanoseconds>(options.exit_deadline,
                                                                         std::chrono::hours(24 * 365));
    auto const shared = std::make_shared<saving>();
    std::thread saver([this, until, shared] { save(*this, until, *shared); });
    std::unique_lock lock(shared->mutex);
    bool const is_over = shared->changed.wait_until(lock, until, [&] { return shared->is_over; });
    auto const wrong = std::move(shared->wrong);
    lock.unlock();
    if (is_over)
        saver.join();
    else
        saver.detach();
    if (!is_over)
        tell(events,
             "the last checkpoint has not ended after {}: the store holds an earlier state, and "
             "the components' code stays mapped",
             to_string(options.exit_deadline));
    for (auto const& each : wrong)
        tell(events, "the last checkpoint is not whole, the store holds an earlier state; {}", each);
    return is_over;
}

void runtime_core::leave_behind() noexcept {
    try {
        for (auto const& in : components.all()) {
            in->entrance->end();
            in->runner().activate(nullptr);
        }
    } catch (std::bad_alloc const&) {
        // Then they go on as they are.
    }
    events.end();
}

// A process that ends well does not make suspect what it ran on probation.
void runtime_core::end_probations_in_store() {
    for (auto const& in : components.all())
        if (in->standby() != nullptr)
            if (auto done = keeping->note_probation_over(*in); !done)
                tell(events, "{}: {}", in->entrance->name(), done.error().message);
}

bool runtime_core::save_at_exit() noexcept {
    if (!keeping || !set_is_here) return true;
    try {
        if (components.all().empty()) return true;
        if (options.checkpoint_on_exit) return save_within_deadline();
        end_probations_in_store();
    } catch (std::exception const&) {
        tell(events, "no last checkpoint is written: there is no memory, or no thread, for it");
    }
    return true;
}

}  // namespace hotswap::detail
