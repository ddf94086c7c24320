// A function that is called again and again, on its own thread.
#pragma once

#include <hotswap/detail/base/condition.hpp>
#include <hotswap/detail/base/library_thread.hpp>
#include <hotswap/detail/base/mutex.hpp>

#include <chrono>
#include <type_traits>
#include <utility>

namespace hotswap::detail {

/// Calls a function for as long as it lives: first after one period, then one period after each return.
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
            mutex_lock const lock(mutex_);
            stopping_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }
    periodic(periodic const&) = delete;
    periodic& operator=(periodic const&) = delete;

private:
    // False once this object ends.
    bool wait(std::chrono::nanoseconds period) {
        mutex_lock lock(mutex_);
        return !changed_.wait_for(lock, period, [this]() HOTSWAP_REQUIRES(mutex_) { return stopping_; });
    }

    mutex mutex_;
    condition changed_;
    bool stopping_ HOTSWAP_GUARDED_BY(mutex_) = false;
    library_thread thread_;
};

}  // namespace hotswap::detail
