// The turn to operate on a slot: one thread at a time.
#pragma once

#include <hotswap/detail/base/condition.hpp>
#include <hotswap/detail/base/mutex.hpp>

#include <stop_token>
#include <thread>
#include <utility>

namespace hotswap::detail {

/// One operation on a slot at a time. An operation of the host is refused during another one of the host; it
/// waits for the runtime's own work (a checkpoint, the end of a probation), of which the host knows nothing.
/// Threads:  [any]
class operation_turn {
public:
    enum class holder { none, host, runtime };

    /// False if it is taken.
    bool try_take(holder as) {
        mutex_lock const lock(mutex_);
        return take(as);
    }
    /// Takes the turn for the host, after the runtime's own work; false if the host or this thread has it, and when `stop` is
    /// requested. A thread inside a component must not wait: the work may wait for that thread.
    bool take_after_runtime(std::stop_token const& stop) {
        woken_by const stopped(stop, mutex_, free_);
        mutex_lock lock(mutex_);
        if (is_this_thread()) return false;
        free_.wait(lock, [&]() HOTSWAP_REQUIRES(mutex_) {
            return stop.stop_requested() || holder_ != holder::runtime;
        });
        return take(holder::host);
    }
    /// Takes the turn for the runtime, after its present holder; false only if the holder is this thread.
    bool take_after_all() {
        mutex_lock lock(mutex_);
        if (is_this_thread()) return false;
        free_.wait(lock, [this]() HOTSWAP_REQUIRES(mutex_) { return holder_ == holder::none; });
        return take(holder::runtime);
    }
    void give_back() noexcept {
        {
            mutex_lock const lock(mutex_);
            holder_ = holder::none;
        }
        free_.notify_all();
    }
    bool is_taken() const {
        mutex_lock const lock(mutex_);
        return holder_ != holder::none;
    }

private:
    bool is_this_thread() const noexcept HOTSWAP_REQUIRES(mutex_) {
        return holder_ != holder::none && thread_ == std::this_thread::get_id();
    }
    bool take(holder by) noexcept HOTSWAP_REQUIRES(mutex_) {
        if (holder_ != holder::none) return false;
        holder_ = by;
        thread_ = std::this_thread::get_id();
        return true;
    }

    mutable mutex mutex_;
    condition free_;
    holder holder_ HOTSWAP_GUARDED_BY(mutex_) = holder::none;
    std::thread::id thread_ HOTSWAP_GUARDED_BY(mutex_);  // of the holder
};

/// Gives a taken turn back.
class held_turn {
public:
    held_turn() noexcept = default;
    explicit held_turn(operation_turn& taken) noexcept : turn_(&taken) {}
    held_turn(held_turn&& other) noexcept : turn_(std::exchange(other.turn_, nullptr)) {}
    held_turn& operator=(held_turn&&) = delete;
    ~held_turn() {
        if (turn_ != nullptr) turn_->give_back();
    }
    explicit operator bool() const noexcept { return turn_ != nullptr; }

private:
    operation_turn* turn_ = nullptr;
};

}  // namespace hotswap::detail
