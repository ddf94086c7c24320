#include "runtime/event_bus.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <utility>

namespace hotswap::detail {

void event_bus::publish(event const& what) noexcept {
    try {
        std::lock_guard const lock(mutex_);
        if (to_stderr_ && what.level >= from_) fmt::print(stderr, "hotswap: {}\n", what);
        for (auto const& [id, f] : subscribers_) {
            try {
                f(what);
            } catch (...) {
                // A subscriber's trouble is its own: the operation that it watches goes on.
            }
        }
    } catch (std::exception const&) {
        // stderr is closed, or there is no memory for a line: nobody is left to tell.
    }
}

std::uint64_t event_bus::add(subscriber f) {
    std::lock_guard const lock(mutex_);
    subscribers_.emplace(++last_, std::move(f));
    return last_;
}

void event_bus::end() noexcept {
    std::lock_guard const lock(mutex_);
    subscribers_.clear();
}

void event_bus::remove(std::uint64_t which) noexcept {
    std::lock_guard const lock(mutex_);
    subscribers_.erase(which);
}

}  // namespace hotswap::detail
