// Watches generations that are on probation together, and sends them back if one of them fails.
#pragma once

#include "durable/durability.hpp"
#include "report/step_recorder.hpp"
#include "slot/slot.hpp"

#include <hotswap/detail/base/condition.hpp>
#include <hotswap/detail/base/library_thread.hpp>
#include <hotswap/detail/base/mutex.hpp>
#include <hotswap/detail/report/probation.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace hotswap::detail {

/// The probation of one component, or of several that were swapped together, on its own thread, which starts
/// before the swap: after the commit nothing about the probation can fail.
class probation_watch {
public:
    /// Called for each generation that was sent back, by the thread that holds its slot's operation.
    using sent_back_function = std::function<void(slot const&, swap_report const&)>;

    /// Errors:   throws std::system_error if there is no thread.
    probation_watch(std::vector<std::shared_ptr<slot>> of, probation terms,
                    std::chrono::nanoseconds drain_deadline, step_recorder const& swap, durability* durable,
                    sent_back_function sent_back = {});
    /// Stops the watch; decides nothing about the generations.
    ~probation_watch();
    probation_watch(probation_watch const&) = delete;
    probation_watch& operator=(probation_watch const&) = delete;

    /// Starts the probation: the swap has committed.
    void begin() noexcept;
    /// As the destructor, without waiting for the watch: for the thread that holds the slots' operations.
    void stop() noexcept;
    /// Stops watching this slot, whose operation the caller holds; stops the watch if no slot is left.
    void leave(slot const& which) noexcept;
    /// The watched slots.
    /// Errors:   throws std::bad_alloc.
    std::vector<std::shared_ptr<slot>> slots() const;
    bool is_this_thread() const noexcept { return thread_.is_this_thread(); }
    bool is_stopped() const {
        mutex_lock const lock(mutex_);
        return stopping_;
    }
    bool is_over() const noexcept { return over_.load(std::memory_order_acquire); }

private:
    using clock = std::chrono::steady_clock;

    /// A component on probation. Each field except `left` is guarded by the slot's operation, or used only by
    /// the watch.
    struct watched {
        std::shared_ptr<slot> of;
        call_counts seen{};  // at the last look
        bool left = false;   // guarded by the watch's mutex
    };
    /// The operations on the slots that are still on probation; none: the probation is over.
    struct claimed {
        std::vector<slot*> slots;
        std::vector<held_turn> turns;
        void give_back() noexcept {
            slots.clear();
            turns.clear();
        }
    };
    /// Takes `claimed_`, until it goes out of scope.
    class claim;

    step_recorder recorder_of(slot const& slot) const { return {sink_, slot.name(), mark_}; }
    void watch();
    bool wait_until(clock::time_point when);
    std::string look();
    std::string look_at_calls(watched& at);
    std::string ask_host();
    /// The outcome of an attempt to send the generations back.
    enum class outcome_of_return : std::uint8_t { done, refused, may_work_later };

    void end(bool passed);
    void retire_standby(slot& slot, bool passed);
    outcome_of_return go_back(std::string const& reason, bool is_last_try);
    outcome_of_return send_back_once(std::string const& reason, bool is_last_try);
    void note_sent_back(slot& slot, generation_info const& failed, std::string const& name,
                        swap_report const& done, std::string const& reason);
    void note_refused(slot& slot, generation_info const& failed, std::string const& name, failure const& why,
                      std::string const& reason);
    void note_thrown(slot& slot, std::string const& reason, char const* what) noexcept;
    void take() noexcept;
    bool try_take() noexcept;
    bool is_left(watched const& at) const;

    std::vector<watched> slots_;
    claimed claimed_;  // the watch's own; has room for all: a probation ends also without memory
    probation const terms_;
    std::chrono::nanoseconds const drain_deadline_;
    event_sink const& sink_;
    operation_mark const mark_;  // the swap's
    durability* const durable_;
    sent_back_function const sent_back_;

    mutable mutex mutex_;
    condition changed_;
    bool begun_ HOTSWAP_GUARDED_BY(mutex_) = false;
    bool stopping_ HOTSWAP_GUARDED_BY(mutex_) = false;
    std::atomic<bool> over_{false};
    clock::time_point began_{};  // the watch's own
    library_thread thread_;
};

}  // namespace hotswap::detail
