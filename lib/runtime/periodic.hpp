// Something that is done again and again, on a thread of its own.
#pragma once

#include <hotswap/detail/base/library_thread.hpp>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <type_traits>
#include <utility>

namespace hotswap::detail {

/// Calls a function, first after one period and then a period after it returned, for as long as it lives.
class periodic {
public:
    /// Errors:   throws std::system_error if there is no thread.
    template <class F>
    periodic(thread_name name, std::chrono::nanoseconds period, F f)
        : thread_(name, [this, period, what = std::move(f)]() mutable noexcept {
              static_assert(std::is_nothrow_invocable_v<F&>);
              while (wait(period)) what();
          }) {}
    ~periodic() {
        {
            std::lock_guard const lock(mutex_);
            stopping_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }
    periodic(periodic const&) = delete;
    periodic& operator=(periodic const&) = delete;

private:
    // False once it is over.
    bool wait(std::chrono::nanoseconds period) {
        std::unique_lock lock(mutex_);
        return !changed_.wait_for(lock, period, [this] { return stopping_; });
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false;  // guarded by mutex_
    library_thread thread_;
};

}  // namespace hotswap::detail
