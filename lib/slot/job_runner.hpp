// Runs a component's timers and posted work, each call under a lease.
#pragma once

#include <hotswap/detail/abi/host_api.hpp>
#include <hotswap/detail/base/condition.hpp>
#include <hotswap/detail/base/library_thread.hpp>
#include <hotswap/detail/base/mutex.hpp>
#include <hotswap/detail/slot/gate.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace hotswap::detail {

/// The timers, posts and listeners of one generation. They run only while that generation is the active one of its runner.
class job_list {
public:
    job_list() = default;
    ~job_list() { clear(); }
    job_list(job_list const&) = delete;
    job_list& operator=(job_list const&) = delete;

private:
    friend class job_runner;
    using clock = std::chrono::steady_clock;

    struct timer {
        abi::job work;
        clock::duration period;
        clock::time_point due;
        std::size_t failure = 0;  // a hash of the last exception's text
        std::uint64_t times = 0;  // its repetitions in a row
    };

    std::size_t clear() noexcept;
    clock::time_point next_due() const noexcept;

    struct listener {
        std::string to;  ///< the name of a component
        abi::job work;
        bool is_due = false;
    };

    std::list<timer> timers_;
    std::list<abi::job> posts_;
    std::list<listener> listeners_;
    bool closed_ = false;
};

/// One component's thread for timers, posts and listeners, started with the first of them. Everything in its lists is
/// guarded by its mutex. A job is taken only after the gate has admitted the thread, so that the job
/// belongs to the running generation and stays loaded until it has returned.
class job_runner {
public:
    using report = std::function<void(std::string_view, std::uint64_t)>;

    /// `failed` gets the text of a job's exception, and its repetitions in a row. For a timer that repeats
    /// the same exception it is called only at each power of ten, so that the timer does not fill the log.
    job_runner(std::shared_ptr<gate> way_in, report failed);
    ~job_runner() { stop(); }
    job_runner(job_runner const&) = delete;
    job_runner& operator=(job_runner const&) = delete;

    /// Errors:   throws std::system_error if the thread cannot be started, std::runtime_error if the list is
    ///           closed.
    /// `first_after`: the time before the first call; none, if it is not positive.
    void add_timer(job_list& list, abi::job work, std::chrono::nanoseconds period,
                   std::chrono::nanoseconds first_after);
    void add_post(job_list& list, abi::job work);
    /// Runs `work` after each `component_changed` of that name.
    void add_listener(job_list& list, std::string to, abi::job work);
    void component_changed(std::string_view name) noexcept;

    /// From now on jobs go through this gate. The gate before, which is closed, ends afterwards.
    void go_through(std::shared_ptr<gate> way_in) noexcept;
    /// Runs only the jobs of `list` from now on.
    void activate(job_list* list) noexcept;
    /// Destroys the jobs of a list that is not active, and refuses new ones.
    /// Returns the number of posts that had not begun.
    std::size_t close(job_list& list) noexcept;
    /// Ends the thread. The gate must have ended, or be open.
    void stop() noexcept;

private:
    using clock = job_list::clock;

    void expect_open(job_list const& list) const;
    void start();
    void work() noexcept;
    bool wait_for_work(mutex_lock<std::mutex>& lock) HOTSWAP_REQUIRES(mutex_);
    void run_due_job() noexcept;
    void run_timer(job_list::timer& timer) noexcept;
    void run_post(abi::job const& job) noexcept;
    std::optional<abi::job> take_due_listener() noexcept HOTSWAP_REQUIRES(mutex_);

    std::string const name_;  // of the component
    report const failed_;
    mutex mutex_;
    condition changed_;
    std::shared_ptr<gate> gate_ HOTSWAP_GUARDED_BY(mutex_);
    job_list* active_ HOTSWAP_GUARDED_BY(mutex_) = nullptr;
    bool stopping_ HOTSWAP_GUARDED_BY(mutex_) = false;
    bool timers_turn_ HOTSWAP_GUARDED_BY(mutex_) = false;
    library_thread thread_;  // guarded by mutex_ until stop
};

}  // namespace hotswap::detail
