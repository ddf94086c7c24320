// Looks after a generation that is on probation, and sends it back if it fails.
#pragma once

#include "durable/persistence.hpp"
#include "report/step_recorder.hpp"
#include "slot/slot.hpp"

#include <hotswap/detail/base/library_thread.hpp>
#include <hotswap/detail/report/probation.hpp>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

namespace hotswap::detail {

/// One probation, on a thread of its own that is there before the swap begins: once that has committed, nothing about its
/// probation can fail any more.
class probation_watch {
public:
    /// Errors:   throws std::system_error if there is no thread.
    probation_watch(std::shared_ptr<slot> in, probation terms, std::chrono::nanoseconds drain_deadline,
                    event_sink const& sink, persistence* keeper);
    /// Stops looking, whatever comes of the generation.
    ~probation_watch();
    probation_watch(probation_watch const&) = delete;
    probation_watch& operator=(probation_watch const&) = delete;

    /// The swap has committed: from now on it counts.
    void begin() noexcept;
    /// As the destructor, without waiting: for whoever holds the slot's operation.
    void stop() noexcept;
    bool is_this_thread() const noexcept { return thread_.is_this_thread(); }
    bool is_stopped() const {
        std::lock_guard const lock(mutex_);
        return stopping_;
    }
    bool is_over() const noexcept { return over_.load(std::memory_order_acquire); }

private:
    using clock = std::chrono::steady_clock;

    void watch();
    bool wait_until(clock::time_point when);
    std::string look();
    std::string look_at_calls();
    std::string ask_component();
    std::string ask_host();
    /// What became of the attempt to send the generation back.
    enum class outcome_of_return : std::uint8_t { done, refused, may_work_later };

    void end(bool passed);
    void retire_standby(bool passed);
    outcome_of_return go_back(std::string const& reason, bool is_last_try);
    outcome_of_return send_back_once(std::string const& reason, bool is_last_try);
    void note_thrown(std::string const& reason, char const* what) noexcept;
    held_turn claim();

    std::shared_ptr<slot> const slot_;
    probation const terms_;
    std::chrono::nanoseconds const drain_deadline_;
    event_sink const& sink_;
    persistence* const keeper_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool begun_ = false;     // guarded by mutex_
    bool stopping_ = false;  // guarded by mutex_
    std::atomic<bool> over_{false};
    call_counts seen_;           // the watch's own: at the look before
    clock::time_point began_{};  // the watch's own
    library_thread thread_;
};

}  // namespace hotswap::detail
