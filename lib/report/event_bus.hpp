// Hands events to subscribers and to stderr.
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

/// Events of a component wait while its gate is closed, and so does what a thread says that works behind a gate: a
/// subscriber may call the component, or wait for one of its callers.
/// Threads:  [any]; subscribers are called one at a time, in the order of the events. One thread hands on at a time; what the
///           others publish meanwhile it hands on too, so that none of them waits for a subscriber.
class event_bus final : public gate_watch {
public:
    using subscriber = std::function<void(event const&)>;

    event_bus(bool to_stderr, level from) : to_stderr_(to_stderr), from_(from) {}

    void publish(event const& what) noexcept;
    /// Waits until what was published before, and does not wait for a gate, has been handed on. At once in a subscriber.
    void settle() noexcept;
    std::uint64_t add(subscriber f);
    /// Calls no subscriber any more.
    void end() noexcept;
    /// On return it is not running, unless this is called from within it.
    void remove(std::uint64_t which) noexcept;

    void closed(closed_gate& which) noexcept override;
    void opened(closed_gate& which) noexcept override;
    void catch_up() noexcept override;

private:
    struct queued {
        event what;
        std::uint32_t behind;  // the set of closed gates that it was published behind; 0: none
    };

    bool is_closed(std::uint32_t set) const noexcept HOTSWAP_REQUIRES(mutex_);
    bool has_to_wait(queued const& one) const noexcept HOTSWAP_REQUIRES(mutex_);
    void hand_on(event const& what) noexcept;

    owner_process const home_{};  // its locks are the parent's in a child that was forked
    bool const to_stderr_;
    level const from_;

    mutex mutex_;
    condition changed_;
    closed_gate* closed_ HOTSWAP_GUARDED_BY(mutex_) = nullptr;  // the first one
    std::list<queued> waiting_ HOTSWAP_GUARDED_BY(mutex_);      // for a gate
    std::list<queued> ready_ HOTSWAP_GUARDED_BY(mutex_);
    std::uint64_t readied_ HOTSWAP_GUARDED_BY(mutex_) = 0;  // how many were ever in `ready_`
    std::uint64_t handed_on_ HOTSWAP_GUARDED_BY(mutex_) = 0;
    bool handing_on_ HOTSWAP_GUARDED_BY(mutex_) = false;
    std::thread::id by_ HOTSWAP_GUARDED_BY(mutex_){};  // while `handing_on_`

    // Recursive for a subscriber that subscribes, or ends its own subscription.
    recursive_mutex subscribers_mutex_;
    std::map<std::uint64_t, std::shared_ptr<subscriber const>> subscribers_
        HOTSWAP_GUARDED_BY(subscribers_mutex_);
    std::uint64_t last_ HOTSWAP_GUARDED_BY(subscribers_mutex_) = 0;
};

}  // namespace hotswap::detail
