#include "runtime/last_checkpoint.hpp"

#include "runtime/bounded_wait.hpp"
#include "runtime/checkpoints.hpp"
#include "runtime/failed_end.hpp"
#include "transfer/snapshot.hpp"

#include <algorithm>
#include <exception>
#include <memory>
#include <new>
#include <utility>

namespace hotswap::detail {

namespace {

using clock = std::chrono::steady_clock;

// Leaves time for the other components, and for the writing.
std::chrono::nanoseconds drain_deadline(clock::time_point until, std::chrono::nanoseconds all) {
    auto const left = std::chrono::duration_cast<std::chrono::nanoseconds>(until - clock::now());
    return std::max(std::chrono::nanoseconds{0}, std::min({all / 4, left / 2, default_drain_deadline}));
}

}  // namespace

// An exception of one component costs only that component's state.
template <class F>
bool last_checkpoint::guard(std::string const& name, F&& f) noexcept {
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

std::vector<std::string> last_checkpoint::write() noexcept {
    guard("", [&]() -> result<void> {
        for (auto const& slot : components_.all()) {
            if (!slot->operation().take_after_all()) continue;
            held_turn turn(slot->operation());
            turns_.push_back(std::move(turn));
            if (!slot->is_loaded()) continue;
            auto const name = slot->name() + ": ";
            if (!guard(name, [&] { return save(*slot); })) forget_probation(*slot, name);
        }
        return {};
    });
    if (!taken_.empty()) guard("", [&] { return durable_.commit_all(taken_, true); });
    return std::move(wrong_);
}

result<void> last_checkpoint::save(slot& slot) {
    // A good end is no news, and the objects that subscribers use may be gone already.
    event_sink const silent = [](event const&) {};
    step_recorder own(silent, slot.name(), operation::checkpoint);
    auto const frame = take_snapshot(slot, own, drain_deadline(until_, limit_));
    if (!frame) return frame.error();
    if (auto kept = durable_.keep(*slot.running().module); !kept) return kept;
    auto written = durable_.write(slot, {slot.running().info().schema_version, *frame, {}});
    if (!written) return written.error();
    taken_.push_back({&slot, std::move(*written)});
    return {};
}

// A process that ends well does not make a generation on probation suspect, saved or not.
void last_checkpoint::forget_probation(slot const& slot, std::string const& name) noexcept {
    if (slot.standby() != nullptr) guard(name, [&] { return durable_.note_probation_over(slot); });
}

bool checkpoints::take_last_by(clock::time_point until) {
    if (operations_.is_inside_any()) {
        publish_failed_end(
            events_,
            "no last checkpoint is written: this thread destroys the runtime within a call or a lease");
        return true;
    }
    auto const wrong = std::make_shared<std::vector<std::string>>();
    auto const write = [this, until, wrong]() noexcept {
        *wrong = last_checkpoint(components_, *store_.durability(), until, options_.exit_deadline).write();
    };
    if (!returns_by(until, write)) {
        publish_failed_end(
            events_,
            "the last checkpoint has not ended after {}: the store holds an earlier state, and "
            "the components' code stays mapped",
            to_string(options_.exit_deadline));
        return false;
    }
    for (auto const& each : *wrong)
        publish_failed_end(events_,
                           "the last checkpoint is not complete, the store holds an earlier state; {}", each);
    return true;
}

// A process that ends well does not make a generation on probation suspect.
void checkpoints::end_probations_in_store() {
    for (auto const& slot : components_.all())
        if (slot->standby() != nullptr)
            if (auto done = store_.durability()->note_probation_over(*slot); !done)
                publish_failed_end(events_, "{}: {}", slot->name(), done.error().message);
}

bool checkpoints::take_last(clock::time_point until) noexcept {
    if (store_.durability() == nullptr || !store_.may_be_written()) return true;
    try {
        if (components_.all().empty()) return true;
        if (options_.checkpoint_on_exit) return take_last_by(until);
        end_probations_in_store();
    } catch (std::exception const&) {
        publish_failed_end(events_,
                           "no last checkpoint is written: there is no memory, or no thread, for it");
    }
    return true;
}

}  // namespace hotswap::detail
