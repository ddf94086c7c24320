// An object that a slot has one of at a time, and may exchange while other threads use it.
#pragma once

#include <hotswap/detail/base/mutex.hpp>

#include <memory>
#include <utility>

namespace hotswap::detail {

/// Threads:  [any]
template <class T>
class current {
public:
    explicit current(std::shared_ptr<T> first = nullptr) noexcept : now_(std::move(first)) {}
    current(current const&) = delete;
    current& operator=(current const&) = delete;

    std::shared_ptr<T> get() const noexcept {
        mutex_lock const lock(mutex_);
        return now_;
    }
    /// Lifetime: the object lives until the end of the full expression, at least; for the thread that holds
    ///           the slot's operation, until that thread exchanges it.
    std::shared_ptr<T> operator->() const noexcept { return get(); }
    std::shared_ptr<T> exchange(std::shared_ptr<T> next) noexcept {
        mutex_lock const lock(mutex_);
        return std::exchange(now_, std::move(next));
    }

private:
    mutable mutex mutex_;
    std::shared_ptr<T> now_ HOTSWAP_GUARDED_BY(mutex_);
};

}  // namespace hotswap::detail
