// Hands events to subscribers and to stderr.
#pragma once

#include <hotswap/swap/event.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>

namespace hotswap::detail {

/// Threads:  [any]; subscribers are called one at a time.
class event_bus {
public:
    using subscriber = std::function<void(event const&)>;

    event_bus(bool to_stderr, level from) : to_stderr_(to_stderr), from_(from) {}

    void publish(event const& what) noexcept;
    std::uint64_t add(subscriber f);
    /// Calls no subscriber any more.
    void end() noexcept;
    void remove(std::uint64_t which) noexcept;

private:
    bool const to_stderr_;
    level const from_;
    // Recursive, because a subscriber may run an operation, whose steps are events too.
    std::recursive_mutex mutex_;
    std::map<std::uint64_t, subscriber> subscribers_;  // guarded by mutex_
    std::uint64_t last_ = 0;                           // guarded by mutex_
};

}  // namespace hotswap::detail
