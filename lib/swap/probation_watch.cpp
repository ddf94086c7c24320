#include "swap/probation_watch.hpp"

#include "base/refuse.hpp"
#include "swap/retiring.hpp"
#include "swap/send_back.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace hotswap::detail {

namespace {

// Each try holds the callers back for as long as a drain may take.
constexpr int tries_to_go_back = 3;
constexpr std::chrono::milliseconds between_claims{1};

}  // namespace

probation_watch::probation_watch(std::shared_ptr<slot> in, probation terms,
                                 std::chrono::nanoseconds drain_deadline, event_sink const& sink,
                                 persistence* keeper)
    : slot_(std::move(in)),
      terms_(std::move(terms)),
      drain_deadline_(drain_deadline),
      sink_(sink),
      keeper_(keeper),
      thread_(thread_name(slot_->entrance->name(), '?'), [this]() noexcept {
          watch();
          over_.store(true, std::memory_order_release);
      }) {}

probation_watch::~probation_watch() {
    stop();
    thread_.join();
}

void probation_watch::begin() noexcept {
    {
        std::lock_guard const lock(mutex_);
        begun_ = true;
    }
    changed_.notify_all();
}

void probation_watch::stop() noexcept {
    {
        std::lock_guard const lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
}

// False if there is nothing more to wait for.
bool probation_watch::wait_until(clock::time_point when) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, when, [this] { return stopping_; });
    return !stopping_;
}

// The operation on the slot; none once somebody else has ended the probation.
held_turn probation_watch::claim() {
    for (;;) {
        if (slot_->operation.try_take(operation_turn::holder::runtime)) {
            held_turn turn(slot_->operation);
            if (!is_stopped() && slot_->is_loaded() && slot_->standby() != nullptr) return turn;
            return {};
        }
        if (!wait_until(clock::now() + between_claims)) return {};
    }
}

void probation_watch::watch() {
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return begun_ || stopping_; });
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
    // It serves on, because there is nothing else; what stands by is kept for as long as was asked for.
    if (wait_until(end_at)) end(false);
}

std::string probation_watch::look() {
    try {
        if (auto wrong = look_at_calls(); !wrong.empty()) return wrong;
        if (auto wrong = ask_component(); !wrong.empty()) return wrong;
        return ask_host();
    } catch (std::bad_alloc const&) {
        return "no memory";  // short enough for a string of its own
    } catch (std::exception const& e) {
        return fmt::format("its health could not be looked at: {}", e.what());
    }
}

std::string probation_watch::look_at_calls() {
    auto const before = std::exchange(seen_, slot_->entrance->watched_calls());
    if (seen_.errors > terms_.max_errors)
        return fmt::format("{} of {} calls ended in an exception, {} were allowed", seen_.errors, seen_.calls,
                           terms_.max_errors);
    auto const calls = seen_.calls - before.calls;
    if (terms_.max_mean_latency.count() == 0 || calls == 0) return {};
    auto const mean = (seen_.time - before.time) / static_cast<std::int64_t>(calls);
    if (mean <= terms_.max_mean_latency) return {};
    return fmt::format("{} calls took {} on average, {} were allowed", calls, to_string(mean),
                       to_string(terms_.max_mean_latency));
}

std::string probation_watch::ask_component() {
    gate& entrance = *slot_->entrance;
    auto& cell = entrance.cell();
    auto const admitted = entrance.try_enter(cell, false);
    if (admitted.contract == nullptr) return {};
    // Inside, the running generation stays what it is.
    auto const& running = slot_->running();
    bool well = true;
    abi::error why;
    auto outcome = abi::status::ok;
    if (running.module->api().check_health != nullptr)
        outcome = running.module->api().check_health(running.instance.object(), &well, &why);
    gate::leave(cell, admitted.how, entrance.index());
    if (outcome != abi::status::ok)
        return fmt::format("its healthy() threw: {}", std::string_view(why.message, why.size));
    return well ? std::string{} : "its healthy() says that it is not";
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

// There is no caller to throw to: the probation is over, also where there is no memory to tell of it.
void probation_watch::end(bool passed) {
    auto const turn = claim();
    if (!turn) return;
    try {
        retire_standby(passed);
    } catch (std::exception const&) {
        end_probation_in_slices(*slot_);
        slot_->note_probation_over();
    }
}

void probation_watch::retire_standby(bool passed) {
    step_recorder steps(sink_, slot_->entrance->name(), "probation");
    auto const release = slot_->running().info().release;
    unload_report gone;
    steps.run(phase::retire, [&]() -> result<void> {
        gone = end_probation_in_slices(*slot_);
        return {};
    });
    slot_->sweep_retained();
    slot_->publish_facts();
    if (keeper_ != nullptr) steps.run(phase::persist, [&] { return keeper_->note_probation_over(*slot_); });
    steps.finish(fmt::format("{} {} its probation of {}, old code: {}", release,
                             passed ? "has passed" : "serves on after it failed", to_string(terms_.duration),
                             to_string(gone)));
}

// What throws is out of memory, or of threads: it went back all the same, or may later.
probation_watch::outcome_of_return probation_watch::go_back(std::string const& reason, bool is_last_try) {
    auto const turn = claim();
    if (!turn) return outcome_of_return::done;
    try {
        return send_back_once(reason, is_last_try);
    } catch (std::exception const& e) {
        note_thrown(reason, e.what());
    }
    if (slot_->standby() == nullptr) return outcome_of_return::done;
    if (!is_last_try) return outcome_of_return::may_work_later;
    slot_->fail_probation();
    return outcome_of_return::refused;
}

void probation_watch::note_thrown(std::string const& reason, char const* what) noexcept {
    try {
        step_recorder steps(sink_, slot_->entrance->name(), "probation");
        bool const is_back = slot_->standby() == nullptr;
        auto const& serving = slot_->running().module->staged().digest();
        std::string failed = is_back ? slot_->previous().digest : serving;
        if (is_back && failed == serving) failed.clear();  // it is not the file
        slot_->note_rollback(steps.refused(refuse(errc::rolled_back, phase::probation,
                                                  "it failed its probation ({}), and {}: {}", reason,
                                                  is_back ? "was sent back, but not all could be noted"
                                                          : "still serves, because it could not be sent back",
                                                  what),
                                           phase::probation),
                             std::move(failed),
                             is_back ? "failed its probation and was sent back"
                                     : "failed its probation and could not be sent back");
    } catch (std::exception const&) {
        // The next try says it, or the end of the probation.
    }
}

probation_watch::outcome_of_return probation_watch::send_back_once(std::string const& reason,
                                                                   bool is_last_try) {
    step_recorder steps(sink_, slot_->entrance->name(), "probation");
    auto const failed = slot_->running().info();
    auto const name = slot_->running().module->staged().name();
    revert_options how;
    how.drain_deadline = drain_deadline_;
    how.discard_writes = terms_.discard_writes;
    auto const done = send_back(*slot_, how, steps, keeper_);
    auto const after = to_string(std::chrono::nanoseconds(clock::now() - began_));
    if (!done) {
        slot_->note_rollback(
            steps.refused(
                refuse(errc::rolled_back, phase::probation,
                       "{} failed its probation after {} ({}), and still serves, because it could not "
                       "be sent back: {}",
                       name, after, reason, done.error().message),
                phase::probation),
            failed.digest, "failed its probation and could not be sent back");
        bool const may_work_later = done.error().code == errc::drain_timeout && !is_last_try;
        if (!may_work_later) slot_->fail_probation();
        return may_work_later ? outcome_of_return::may_work_later : outcome_of_return::refused;
    }
    // Where both were of one file, it is not the file.
    auto const sent_back = done->to.digest == failed.digest ? std::string() : failed.digest;
    slot_->note_rollback(
        steps.complete(refuse(errc::rolled_back, phase::probation,
                              "{} failed its probation after {} and was sent back: {}; {} serves; fix the "
                              "release, or name the file to try it again",
                              name, after, reason, done->to.release),
                       phase::probation),
        sent_back, "failed its probation and was sent back");
    if (keeper_ != nullptr)
        steps.run(phase::persist, [&] { return keeper_->note_rollback(*slot_, sent_back, reason); });
    steps.refused(refuse(errc::rolled_back, phase::probation, "{} was sent back: {}", name, reason),
                  phase::probation);
    return outcome_of_return::done;
}

}  // namespace hotswap::detail
