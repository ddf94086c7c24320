// The checkpoint that a runtime writes when it is destroyed.
#include "runtime/bounded_wait.hpp"
#include "runtime/core.hpp"
#include "transfer/snapshot.hpp"

#include <utility>

namespace hotswap::detail {

namespace {

using clock = std::chrono::steady_clock;

// Time is left for the other components, and for the writing.
std::chrono::nanoseconds drain_deadline(clock::time_point until, std::chrono::nanoseconds all) {
    auto const left = std::chrono::duration_cast<std::chrono::nanoseconds>(until - clock::now());
    return std::max(std::chrono::nanoseconds{0}, std::min({all / 4, left / 2, default_drain_deadline}));
}

/// The last checkpoint. Unlike `checkpoint`, what can be saved is: there is no later one.
class last_checkpoint {
public:
    last_checkpoint(runtime_core& core, clock::time_point until) : core_(core), until_(until) {}

    /// What is missing in it, in sentences.
    std::vector<std::string> write() noexcept {
        guard("", [&]() -> result<void> {
            for (auto const& in : core_.components.all()) {
                if (!in->operation().take_after_all()) continue;
                held_turn turn(in->operation());
                turns_.push_back(std::move(turn));
                if (!in->is_loaded()) continue;
                auto const name = in->name() + ": ";
                if (!guard(name, [&] { return save(*in); })) forget_probation(*in, name);
            }
            return {};
        });
        if (!taken_.empty()) guard("", [&] { return core_.keeping->commit_all(taken_, true); });
        return std::move(wrong_);
    }

private:
    // What one component throws costs its own state only.
    template <class F>
    bool guard(std::string const& name, F&& f) noexcept {
        try {
            try {
                auto const done = f();
                if (!done) wrong_.push_back(name + done.error().message);
                return done.has_value();
            } catch (std::exception const& e) {
                wrong_.push_back(name + e.what());
            }
        } catch (std::bad_alloc const&) {
            // There is no memory for a line.
        }
        return false;
    }

    result<void> save(slot& in) {
        // A good end is no news, and what subscribers refer to may be gone already.
        event_sink const silent = [](event const&) {};
        step_recorder own(silent, in.name(), operation::checkpoint);
        auto const frame = take_snapshot(in, own, drain_deadline(until_, core_.options.exit_deadline));
        if (!frame) return frame.error();
        if (auto kept = core_.keeping->keep(*in.running().module); !kept) return kept;
        auto written = core_.keeping->write(in, {in.running().info().schema_version, *frame, {}});
        if (!written) return written.error();
        taken_.push_back({&in, std::move(*written)});
        return {};
    }

    // A process that ends well does not make suspect what it ran on probation, saved or not.
    void forget_probation(slot const& in, std::string const& name) noexcept {
        if (in.standby() != nullptr) guard(name, [&] { return core_.keeping->note_probation_over(in); });
    }

    runtime_core& core_;
    clock::time_point const until_;
    std::vector<held_turn> turns_;
    std::vector<slot_snapshot> taken_;
    std::vector<std::string> wrong_;
};

// Whatever becomes of the words, what was found out stands.
template <class... A>
void tell(event_bus& events, fmt::format_string<A...> sentence, A&&... about) noexcept {
    try {
        events.publish({std::chrono::system_clock::now(),
                        level::error,
                        "",
                        operation::checkpoint,
                        0,
                        phase::persist,
                        outcome::failed,
                        {},
                        fmt::format(sentence, std::forward<A>(about)...)});
    } catch (std::exception const&) {
        // There is no memory for a line.
    }
}

}  // namespace

std::chrono::steady_clock::time_point runtime_core::last_moment() const {
    return clock::now() +
           std::min<std::chrono::nanoseconds>(options.exit_deadline, std::chrono::hours(24 * 365));
}

// Nothing bounds how long a component's code takes, which a checkpoint or a probation may just have called.
bool runtime_core::end_own_work(clock::time_point until) noexcept {
    auto const end = [this]() noexcept {
        checkpoints.reset();
        {
            mutex_lock const lock(watches_mutex);
            for (auto const& each : watches) each->stop();
        }
        drop_watches(true);
    };
    {
        mutex_lock const lock(watches_mutex);
        if (!checkpoints && watches.empty()) return true;
    }
    try {
        if (returns_by(until, end)) return true;
        tell(events,
             "a checkpoint or the end of a probation has not ended after {}: the components' code stays "
             "mapped",
             to_string(options.exit_deadline));
        return false;
    } catch (std::exception const&) {
        end();  // there is no thread to wait for it
        return true;
    }
}

bool runtime_core::save_by(clock::time_point until) {
    if (is_inside_any()) {
        tell(events,
             "no last checkpoint is written: this thread destroys the runtime within a call or a lease");
        return true;
    }
    auto const wrong = std::make_shared<std::vector<std::string>>();
    if (!returns_by(until,
                    [this, until, wrong]() noexcept { *wrong = last_checkpoint(*this, until).write(); })) {
        tell(events,
             "the last checkpoint has not ended after {}: the store holds an earlier state, and "
             "the components' code stays mapped",
             to_string(options.exit_deadline));
        return false;
    }
    for (auto const& each : *wrong)
        tell(events, "the last checkpoint is not whole, the store holds an earlier state; {}", each);
    return true;
}

void runtime_core::leave_behind() noexcept {
    try {
        for (auto const& in : components.all()) {
            in->gate()->end();
            in->runner().activate(nullptr);
        }
    } catch (std::bad_alloc const&) {
        // Then they go on as they are.
    }
    is_left_behind = true;
    events.end();
}

// A process that ends well does not make suspect what it ran on probation.
void runtime_core::end_probations_in_store() {
    for (auto const& in : components.all())
        if (in->standby() != nullptr)
            if (auto done = keeping->note_probation_over(*in); !done)
                tell(events, "{}: {}", in->name(), done.error().message);
}

bool runtime_core::save_at_exit(clock::time_point until) noexcept {
    if (!keeping || !set_is_here) return true;
    try {
        if (components.all().empty()) return true;
        if (options.checkpoint_on_exit) return save_by(until);
        end_probations_in_store();
    } catch (std::exception const&) {
        tell(events, "no last checkpoint is written: there is no memory, or no thread, for it");
    }
    return true;
}

}  // namespace hotswap::detail
