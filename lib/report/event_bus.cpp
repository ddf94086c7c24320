#include "report/event_bus.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <iterator>
#include <utility>

namespace hotswap::detail {

bool event_bus::is_closed(std::uint32_t set) const noexcept {
    for (auto const* each = closed_; each != nullptr; each = each->next)
        if (each->set == set) return true;
    return false;
}

bool event_bus::has_to_wait(queued const& one) const noexcept {
    for (auto const* each = closed_; each != nullptr; each = each->next)
        if (each->set == one.behind || each->which->name() == one.what.component) return true;
    return false;
}

void event_bus::publish(event const& what) noexcept {
    try {
        std::list<queued> one;
        one.push_back({what, set_closed_here()});
        mutex_lock const lock(mutex_);
        if (has_to_wait(one.front())) {
            waiting_.splice(waiting_.end(), one);
        } else {
            ready_.splice(ready_.end(), one);
            ++readied_;
        }
    } catch (std::bad_alloc const&) {
        return;  // the operation continues without the line: its report or its failure counts
    }
    catch_up();
}

void event_bus::closed(closed_gate& which) noexcept {
    mutex_lock const lock(mutex_);
    which.next = std::exchange(closed_, &which);
}

void event_bus::opened(closed_gate& which) noexcept {
    mutex_lock const lock(mutex_);
    auto** at = &closed_;
    while (*at != &which) at = &(*at)->next;
    *at = which.next;
    for (auto each = waiting_.begin(); each != waiting_.end();) {
        auto const next = std::next(each);
        if (!has_to_wait(*each)) {
            ready_.splice(ready_.end(), waiting_, each);
            ++readied_;
        }
        each = next;
    }
}

void event_bus::catch_up() noexcept {
    mutex_lock lock(mutex_);
    if (is_closed(set_closed_here())) return;
    while (!handing_on_ && !ready_.empty()) {
        std::list<queued> next;
        next.splice(next.end(), ready_, ready_.begin());
        handing_on_ = true;
        by_ = std::this_thread::get_id();
        lock.unlock();
        hand_on(next.front().what);
        lock.lock();
        handing_on_ = false;
        ++handed_on_;
        changed_.notify_all();
    }
}

void event_bus::settle() noexcept {
    catch_up();
    mutex_lock lock(mutex_);
    if (is_closed(set_closed_here())) return;
    auto const until = readied_;
    changed_.wait(lock, [&]() HOTSWAP_REQUIRES(mutex_) {
        bool const is_within = handing_on_ && by_ == std::this_thread::get_id();
        return is_within || handed_on_ >= until;
    });
}

void event_bus::hand_on(event const& what) noexcept {
    try {
        mutex_lock const lock(subscribers_mutex_);
        if (to_stderr_ && what.level >= from_) fmt::print(stderr, "hotswap: {}\n", what);
        for (auto at = subscribers_.begin(); at != subscribers_.end();) {
            auto const [id, f] = *at;  // the function may end its own subscription, and others
            try {
                (*f)(what);
            } catch (...) {
                // A subscriber's exception does not affect the operation that it watches.
            }
            at = subscribers_.upper_bound(id);
        }
    } catch (std::exception const&) {
        // stderr is closed, or there is no memory for a line: the event is lost.
    }
}

std::uint64_t event_bus::add(subscriber f) {
    mutex_lock const lock(subscribers_mutex_);
    subscribers_.emplace(last_ + 1, std::make_shared<subscriber const>(std::move(f)));
    ++last_;
    return last_;
}

void event_bus::end() noexcept {
    mutex_lock const lock(subscribers_mutex_);
    subscribers_.clear();
}

void event_bus::remove(std::uint64_t which) noexcept {
    if (!home_.is_this()) return;
    mutex_lock const lock(subscribers_mutex_);
    subscribers_.erase(which);
}

}  // namespace hotswap::detail
