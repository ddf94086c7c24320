#include "control/event_feed.hpp"

#include <algorithm>
#include <utility>

namespace hotswap::detail {

event_feed::event_feed(std::size_t most, std::function<void()> changed)
    : most_(most), changed_(std::move(changed)) {}

void event_feed::add(event const& what) {
    {
        mutex_lock const lock(mutex_);
        events_.push_back({++last_, what});
        if (events_.size() > most_) events_.pop_front();
    }
    changed_();
}

std::vector<numbered_event> event_feed::after(std::uint64_t after, std::size_t most) const {
    mutex_lock const lock(mutex_);
    auto from = std::ranges::upper_bound(events_, after, {}, &numbered_event::number);
    std::vector<numbered_event> found;
    for (; from != events_.end() && found.size() != most; ++from) found.push_back(*from);
    return found;
}

std::uint64_t event_feed::last() const {
    mutex_lock const lock(mutex_);
    return last_;
}

}  // namespace hotswap::detail
