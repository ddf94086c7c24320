// Waits for work until a deadline, then abandons it.
#pragma once

#include <hotswap/detail/base/condition.hpp>
#include <hotswap/detail/base/library_thread.hpp>
#include <hotswap/detail/base/mutex.hpp>

#include <chrono>
#include <memory>
#include <utility>

namespace hotswap::detail {

/// Runs `f`, which throws nothing, on its own thread; true if `f` has returned by `until`. If false, `f`
/// still runs: all objects that it refers to must stay for good.
/// Errors:   throws std::system_error if there is no thread, std::bad_alloc.
template <class F>
bool returns_by(std::chrono::steady_clock::time_point until, F f) {
    struct shared {
        detail::mutex mutex;
        condition changed;
        bool is_over HOTSWAP_GUARDED_BY(mutex) = false;
    };
    auto const common = std::make_shared<shared>();
    library_thread worker(thread_name("exit"), [common, f = std::move(f)]() mutable noexcept {
        f();
        mutex_lock const lock(common->mutex);
        common->is_over = true;
        common->changed.notify_all();
    });
    mutex_lock lock(common->mutex);
    bool const is_over = common->changed.wait_until(
        lock, until, [&]() HOTSWAP_REQUIRES(common->mutex) { return common->is_over; });
    lock.unlock();
    if (!is_over) worker.let_go();
    return is_over;
}

}  // namespace hotswap::detail
