// Who operates on a slot: one at a time.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace hotswap::detail {

/// One operation on a slot at a time. Where the host's meets another of its own it is refused; where it meets the runtime's own
/// work (a checkpoint, the end of a probation), of which the host knows nothing, it waits.
/// Threads:  [any]
class operation_turn {
public:
    enum class holder { nobody, host, runtime };

    /// False if somebody has it.
    bool try_take(holder as) {
        std::lock_guard const lock(mutex_);
        return take(as);
    }
    /// For the host, after the runtime's own work; false if an operation of the host's has it, or this thread. Whoever is
    /// inside some component must not wait: the work may be waiting for him.
    bool take_after_runtime() {
        std::unique_lock lock(mutex_);
        if (is_this_thread()) return false;
        free_.wait(lock, [this] { return holder_ != holder::runtime; });
        return take(holder::host);
    }
    /// For the runtime, after whoever has it; false only if that is this thread.
    bool take_after_all() {
        std::unique_lock lock(mutex_);
        if (is_this_thread()) return false;
        free_.wait(lock, [this] { return holder_ == holder::nobody; });
        return take(holder::runtime);
    }
    void give_back() noexcept {
        {
            std::lock_guard const lock(mutex_);
            holder_ = holder::nobody;
        }
        free_.notify_all();
    }
    bool is_taken() const {
        std::lock_guard const lock(mutex_);
        return holder_ != holder::nobody;
    }

private:
    bool is_this_thread() const noexcept {
        return holder_ != holder::nobody && thread_ == std::this_thread::get_id();
    }
    bool take(holder by) noexcept {
        if (holder_ != holder::nobody) return false;
        holder_ = by;
        thread_ = std::this_thread::get_id();
        return true;
    }

    mutable std::mutex mutex_;
    std::condition_variable free_;
    holder holder_ = holder::nobody;  // guarded by mutex_
    std::thread::id thread_;          // guarded by mutex_, of the holder
};

/// Gives a turn back that has been taken.
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
