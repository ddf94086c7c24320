// Waiting for a gate to open without a thread that sleeps: the function that is called once it does.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace hotswap {

/// The result of a wait for a gate.
enum class opening : std::uint8_t {
    open,  ///< calls go through now
    gone,  ///< calls never will again: the component was unloaded, or its runtime is gone
};

}  // namespace hotswap

namespace hotswap::detail {

class gate;
class opening_list;

/// A wait for a gate to open. `gate::await_opening` starts it, any number of times, one after the other.
class opening_wait {
public:
    opening_wait() = default;
    opening_wait(opening_wait const&) = delete;
    opening_wait& operator=(opening_wait const&) = delete;
    virtual ~opening_wait() = default;

    /// Ends the wait: true: `opened` will not be called; false: it was, or is being called, or the wait was
    /// not started.
    /// Threads:  [any]
    bool stop_waiting() noexcept {
        auto expected = stage::waiting;
        return stage_.compare_exchange_strong(expected, stage::over, std::memory_order_acq_rel);
    }
    bool is_waiting() const noexcept { return stage_.load(std::memory_order_acquire) == stage::waiting; }

protected:
    /// Called once for each wait, on the thread that opened the gate and while that thread holds no gate
    /// closed.
    virtual void opened(opening how) noexcept = 0;

private:
    friend class gate;
    friend class opening_list;
    enum class stage : std::uint8_t { over, waiting };

    std::atomic<stage> stage_{stage::over};
    opening how_ = opening::open;
    std::shared_ptr<opening_wait> next_;  // the list's
};

/// A list of waits, in the order of their arrival. The list's owner guards it.
class opening_list {
public:
    constexpr opening_list() noexcept = default;
    opening_list(opening_list&& other) noexcept
        : first_(std::move(other.first_)), last_(std::exchange(other.last_, nullptr)) {}
    opening_list& operator=(opening_list&&) = delete;
    ~opening_list() {
        while (first_) first_ = std::move(first_->next_);
    }

    bool is_empty() const noexcept { return first_ == nullptr; }
    void add(std::shared_ptr<opening_wait> one) noexcept;
    void add(opening_list&& others) noexcept;
    /// Takes out the waits that were stopped.
    opening_list without_stopped() noexcept;
    /// Calls each wait in the list that has not stopped.
    static void call(opening_list those) noexcept;
    void mark(opening how) noexcept;

private:
    std::shared_ptr<opening_wait> take_first() noexcept;

    std::shared_ptr<opening_wait> first_;
    opening_wait* last_ = nullptr;
};

/// Calls the waits: now, or as soon as this thread holds no gate closed.
void call_behind_no_gate(opening_list those) noexcept;

}  // namespace hotswap::detail
