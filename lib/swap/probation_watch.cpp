#include "swap/probation_watch.hpp"

#include "base/refuse.hpp"
#include "swap/component_health.hpp"
#include "swap/retiring.hpp"
#include "swap/return_to_standby.hpp"

#include <algorithm>
#include <exception>
#include <list>
#include <utility>

namespace hotswap::detail {

namespace {

// Each try holds the callers back for as long as a drain may take.
constexpr int tries_to_go_back = 3;
constexpr std::chrono::milliseconds between_claims{1};

}  // namespace

probation_watch::probation_watch(std::vector<std::shared_ptr<slot>> of, probation terms,
                                 std::chrono::nanoseconds drain_deadline, step_recorder const& swap,
                                 durability* durable, sent_back_function sent_back)
    : slots_([&of] {
          std::vector<watched> all;
          for (auto& each : of) all.push_back({std::move(each)});
          return all;
      }()),
      claimed_([this] {
          claimed none;
          none.slots.reserve(slots_.size());
          none.turns.reserve(slots_.size());
          return none;
      }()),
      terms_(std::move(terms)),
      drain_deadline_(drain_deadline),
      sink_(swap.sink()),
      mark_(swap.mark().as(operation::probation)),
      durable_(durable),
      sent_back_(std::move(sent_back)),
      thread_(thread_name(slots_.front().of->name(), '?'), [this]() noexcept {
          watch();
          over_.store(true, std::memory_order_release);
      }) {}

probation_watch::~probation_watch() {
    stop();
    thread_.join();
}

void probation_watch::begin() noexcept {
    {
        mutex_lock const lock(mutex_);
        begun_ = true;
    }
    changed_.notify_all();
}

void probation_watch::stop() noexcept {
    {
        mutex_lock const lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
}

void probation_watch::leave(slot const& which) noexcept {
    {
        mutex_lock const lock(mutex_);
        for (auto& each : slots_) each.left = each.left || each.of.get() == &which;
        stopping_ = stopping_ || std::ranges::all_of(slots_, &watched::left);
    }
    changed_.notify_all();
}

std::vector<std::shared_ptr<slot>> probation_watch::slots() const {
    mutex_lock const lock(mutex_);
    std::vector<std::shared_ptr<slot>> all;
    for (auto const& each : slots_)
        if (!each.left) all.push_back(each.of);
    return all;
}

// False if the watch is stopped.
bool probation_watch::wait_until(clock::time_point when) {
    mutex_lock lock(mutex_);
    changed_.wait_until(lock, when, [this]() HOTSWAP_REQUIRES(mutex_) { return stopping_; });
    return !stopping_;
}

class probation_watch::claim {
public:
    explicit claim(probation_watch& of) noexcept : of_(of) { of_.take(); }
    ~claim() { of_.claimed_.give_back(); }
    claim(claim const&) = delete;
    claim& operator=(claim const&) = delete;

    /// Empty once the host has ended the probation.
    std::vector<slot*> const& slots() const noexcept { return of_.claimed_.slots; }

private:
    probation_watch& of_;
};

bool probation_watch::is_left(watched const& at) const {
    mutex_lock const lock(mutex_);
    return at.left;
}

// Takes all operations, or none, in the order of the names, as everywhere.
bool probation_watch::try_take() noexcept {
    for (auto const& each : slots_) {
        if (is_left(each)) continue;
        if (!each.of->operation().try_take(operation_turn::holder::runtime)) return false;
        claimed_.turns.emplace_back(each.of->operation());
        if (each.of->is_loaded() && each.of->standby() != nullptr) claimed_.slots.push_back(each.of.get());
    }
    return true;
}

void probation_watch::take() noexcept {
    while (!try_take()) {
        claimed_.give_back();
        if (!wait_until(clock::now() + between_claims)) return;
    }
    if (is_stopped()) claimed_.slots.clear();
}

void probation_watch::watch() {
    {
        mutex_lock lock(mutex_);
        changed_.wait(lock, [this]() HOTSWAP_REQUIRES(mutex_) { return begun_ || stopping_; });
        if (stopping_) return;
    }
    began_ = clock::now();
    auto const end_at =
        began_ + std::min<std::chrono::nanoseconds>(terms_.duration, std::chrono::hours(24 * 365));
    auto const interval = std::max<std::chrono::nanoseconds>(terms_.interval, std::chrono::milliseconds(1));
    int tries = 0;
    while (tries != tries_to_go_back) {
        if (!wait_until(std::min(end_at, clock::now() + interval))) return;
        bool const is_last = clock::now() >= end_at;
        if (auto const reason = look(); !reason.empty()) {
            auto const outcome = go_back(reason, tries + 1 == tries_to_go_back);
            if (outcome == outcome_of_return::done) return;
            tries = outcome == outcome_of_return::refused ? tries_to_go_back : tries + 1;
        } else if (is_last) {
            return end(true);
        }
    }
    // The failed generation serves on, because no other can; the standby is kept until the end of the
    // probation.
    if (wait_until(end_at)) end(false);
}

std::string probation_watch::look() {
    try {
        for (auto& each : slots_) {
            if (is_left(each)) continue;
            auto const named = [&](std::string wrong) {
                return slots_.size() == 1 ? wrong : fmt::format("{}: {}", each.of->name(), wrong);
            };
            if (auto wrong = look_at_calls(each); !wrong.empty()) return named(std::move(wrong));
            if (auto wrong = fault_by_itself(*each.of); !wrong.empty()) return named(std::move(wrong));
        }
        return ask_host();
    } catch (std::bad_alloc const&) {
        return "no memory";  // short enough for a string without an allocation
    } catch (std::exception const& e) {
        return fmt::format("its health could not be looked at: {}", e.what());
    }
}

std::string probation_watch::look_at_calls(watched& at) {
    auto const before = std::exchange(at.seen, at.of->gate()->measured_calls());
    auto const& seen = at.seen;
    if (seen.errors > terms_.max_errors)
        return fmt::format("{} of {} calls ended in an exception, {} were allowed", seen.errors, seen.calls,
                           terms_.max_errors);
    auto const calls = seen.calls - before.calls;
    if (terms_.max_mean_latency.count() == 0 || calls == 0) return {};
    auto const mean = (seen.time - before.time) / static_cast<std::int64_t>(calls);
    if (mean <= terms_.max_mean_latency) return {};
    return fmt::format("{} calls took {} on average, {} were allowed", calls, to_string(mean),
                       to_string(terms_.max_mean_latency));
}

std::string probation_watch::ask_host() {
    if (!terms_.check) return {};
    try {
        auto const wrong = terms_.check();
        return wrong.empty() ? wrong : "the host's check says: " + wrong;
    } catch (std::exception const& e) {
        return fmt::format("the host's check threw: {}", e.what());
    } catch (...) {
        return "the host's check threw something that is not a std::exception";
    }
}

// No caller can catch an exception: the probation ends, even if there is no memory to report that.
void probation_watch::end(bool passed) {
    claim const at(*this);
    for (auto* const each : at.slots()) {
        try {
            retire_standby(*each, passed);
        } catch (std::exception const&) {
            end_probation_in_slices(*each);
            each->note_probation_over();
        }
    }
}

void probation_watch::retire_standby(slot& slot, bool passed) {
    auto steps = recorder_of(slot);
    auto const release = slot.running().info().release;
    unload_report gone;
    steps.run(phase::retire, [&]() -> result<void> {
        gone = end_probation_in_slices(slot);
        return {};
    });
    slot.sweep_retained();
    slot.publish_facts();
    if (durable_ != nullptr) steps.run(phase::persist, [&] { return durable_->note_probation_over(slot); });
    steps.finish(fmt::format("{} {} its probation of {}, old code: {}", release,
                             passed ? "has passed" : "continues to serve after it failed",
                             to_string(terms_.duration), to_string(gone)));
}

// An exception means no memory, or no thread: the generations went back all the same, or may later.
probation_watch::outcome_of_return probation_watch::go_back(std::string const& reason, bool is_last_try) {
    claim const at(*this);
    if (at.slots().empty()) return outcome_of_return::done;
    try {
        return send_back_once(reason, is_last_try);
    } catch (std::exception const& e) {
        for (auto* const each : at.slots()) note_thrown(*each, reason, e.what());
    }
    // The transaction has taken all of them back, or none.
    if (at.slots().front()->standby() == nullptr) return outcome_of_return::done;
    if (!is_last_try) return outcome_of_return::may_work_later;
    for (auto* const each : at.slots()) each->fail_probation();
    return outcome_of_return::refused;
}

void probation_watch::note_thrown(slot& slot, std::string const& reason, char const* what) noexcept {
    try {
        auto steps = recorder_of(slot);
        bool const is_back = slot.standby() == nullptr;
        auto const& serving = slot.running().module->staged().digest();
        std::string failed = is_back ? slot.previous().digest : serving;
        if (is_back && failed == serving) failed.clear();  // one file: it is not the cause
        slot.note_rollback(
            steps.refused(refuse(errc::rolled_back, phase::probation,
                                 "it failed its probation ({}), and {}: {}", reason,
                                 is_back ? "was sent back, but not everything could be recorded"
                                         : "still serves, because it could not be sent back",
                                 what),
                          phase::probation),
            std::move(failed),
            is_back ? "failed its probation and was sent back"
                    : "failed its probation and could not be sent back");
    } catch (std::exception const&) {
        // The next try reports it, or the end of the probation.
    }
}

probation_watch::outcome_of_return probation_watch::send_back_once(std::string const& reason,
                                                                   bool is_last_try) {
    std::list<step_recorder> recorders;
    std::vector<component_operation> of;
    std::vector<generation_info> failed;
    std::vector<std::string> names;
    for (auto* const each : claimed_.slots) {
        of.push_back({each, &recorders.emplace_back(sink_, each->name(), mark_)});
        failed.push_back(each->running().info());
        names.push_back(each->running().module->staged().name());
    }
    revert_options how;
    how.drain_deadline = drain_deadline_;
    how.discard_writes = terms_.discard_writes;
    how.end_neighbours_handles = true;  // their contract is the failed generation's
    auto const done = return_to_standby(of, how, durable_, {});
    bool const may_work_later = !done && done.error().code == errc::drain_timeout && !is_last_try;
    for (std::size_t i = 0; i != of.size(); ++i) {
        auto& slot = *of[i].of;
        if (done)
            note_sent_back(slot, failed[i], names[i], (*done)[i], reason);
        else
            note_refused(slot, failed[i], names[i], done.error(), reason);
        if (!done && !may_work_later) slot.fail_probation();
    }
    if (done) return outcome_of_return::done;
    return may_work_later ? outcome_of_return::may_work_later : outcome_of_return::refused;
}

void probation_watch::note_refused(slot& slot, generation_info const& failed, std::string const& name,
                                   failure const& why, std::string const& reason) {
    auto steps = recorder_of(slot);
    steps.mark_old_serving();
    auto const after = to_string(std::chrono::nanoseconds(clock::now() - began_));
    slot.note_rollback(
        steps.refused(refuse(errc::rolled_back, phase::probation,
                             "{} failed its probation after {} ({}), and still serves, because "
                             "it could not be sent back: {}",
                             name, after, reason, why.message),
                      phase::probation),
        failed.digest, "failed its probation and could not be sent back");
}

void probation_watch::note_sent_back(slot& slot, generation_info const& failed, std::string const& name,
                                     swap_report const& done, std::string const& reason) {
    auto steps = recorder_of(slot);
    auto const after = to_string(std::chrono::nanoseconds(clock::now() - began_));
    // If both generations come from one file, the file is not the cause.
    auto const sent_back = done.to.digest == failed.digest ? std::string() : failed.digest;
    if (sent_back_) sent_back_(slot, done);
    slot.note_rollback(
        steps.complete(refuse(errc::rolled_back, phase::probation,
                              "{} failed its probation after {} and was sent back: {}; {} serves; fix the "
                              "release, or name the file to try it again",
                              name, after, reason, done.to.release),
                       phase::probation),
        sent_back, "failed its probation and was sent back");
    if (durable_ != nullptr)
        steps.run(phase::persist, [&] { return durable_->note_rollback(slot, sent_back, reason); });
    steps.refused(refuse(errc::rolled_back, phase::probation, "{} was sent back: {}", name, reason),
                  phase::probation);
}

}  // namespace hotswap::detail
