// The last events of a runtime, numbered, for peers of the control interface that follow them.
#pragma once

#include <hotswap/detail/base/mutex.hpp>
#include <hotswap/event.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

namespace hotswap::detail {

struct numbered_event {
    std::uint64_t number = 0;  ///< 1, 2, 3 …
    event what{};
};

/// Threads:  [any]
class event_feed {
public:
    /// `changed` is called after each event, without the feed's lock.
    event_feed(std::size_t most, std::function<void()> changed);

    void add(event const& what);
    /// The kept events after number `after`, at most `most` of them. If some are no longer kept, the first one's number says so.
    std::vector<numbered_event> after(std::uint64_t after, std::size_t most) const;
    std::uint64_t last() const;

private:
    std::size_t const most_;
    std::function<void()> const changed_;

    mutable mutex mutex_;
    std::deque<numbered_event> events_ HOTSWAP_GUARDED_BY(mutex_);
    std::uint64_t last_ HOTSWAP_GUARDED_BY(mutex_) = 0;
};

}  // namespace hotswap::detail
