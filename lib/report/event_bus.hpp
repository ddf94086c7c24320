// Passes events to subscribers and to stderr.
#pragma once

#include "base/owner_process.hpp"
#include "slot/closed_here.hpp"

#include <hotswap/detail/base/condition.hpp>
#include <hotswap/detail/base/mutex.hpp>
#include <hotswap/event.hpp>

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <thread>

namespace hotswap::detail {

/// Events of a component wait while its gate is closed, and so do events of a thread that works behind a
/// gate: a subscriber may call the component, or wait for one of its callers.
/// Threads:  [any]; subscribers are called one at a time, in the order of the events. One thread passes
///           events on at a time, including events that other threads publish meanwhile, so no other thread
///           waits for a subscriber.
class event_bus final : public gate_watch {
public:
    using subscriber = std::function<void(event const&)>;

    event_bus(bool to_stderr, level from) : to_stderr_(to_stderr), from_(from) {}

    void publish(event const& what) noexcept;
    /// Waits until all earlier events that do not wait for a gate have been passed on. Returns at once in a
    /// subscriber.
    void settle() noexcept;
    std::uint64_t add(subscriber f);
    /// Calls no subscriber from now on.
    void end() noexcept;
    /// On return the subscriber is not running, unless the subscriber itself calls this.
    void remove(std::uint64_t which) noexcept;

    void closed(closed_gate& which) noexcept override;
    void opened(closed_gate& which) noexcept override;
    void catch_up() noexcept override;

private:
    struct queued {
        event what;
        std::uint32_t behind;  // the set of closed gates behind which it was published; 0: none
    };

    bool is_closed(std::uint32_t set) const noexcept HOTSWAP_REQUIRES(mutex_);
    bool has_to_wait(queued const& one) const noexcept HOTSWAP_REQUIRES(mutex_);
    void hand_on(event const& what) noexcept;

    owner_process const home_{};  // in a forked child the bus's locks belong to the parent
    bool const to_stderr_;
    level const from_;

    mutex mutex_;
    condition changed_;
    closed_gate* closed_ HOTSWAP_GUARDED_BY(mutex_) = nullptr;  // the first one
    std::list<queued> waiting_ HOTSWAP_GUARDED_BY(mutex_);      // for a gate
    std::list<queued> ready_ HOTSWAP_GUARDED_BY(mutex_);
    std::uint64_t readied_ HOTSWAP_GUARDED_BY(mutex_) = 0;  // counts all events ever put into `ready_`
    std::uint64_t handed_on_ HOTSWAP_GUARDED_BY(mutex_) = 0;
    bool handing_on_ HOTSWAP_GUARDED_BY(mutex_) = false;
    std::thread::id by_ HOTSWAP_GUARDED_BY(mutex_){};  // while `handing_on_`

    // Recursive: a subscriber may subscribe, or end its own subscription.
    recursive_mutex subscribers_mutex_;
    std::map<std::uint64_t, std::shared_ptr<subscriber const>> subscribers_
        HOTSWAP_GUARDED_BY(subscribers_mutex_);
    std::uint64_t last_ HOTSWAP_GUARDED_BY(subscribers_mutex_) = 0;
};

}  // namespace hotswap::detail
