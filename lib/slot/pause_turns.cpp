#include "slot/pause_turns.hpp"

#include <algorithm>
#include <utility>

namespace hotswap::detail {

bool pause_turns::could_wait_for_each_other(turn const& one, turn const& other) const {
    auto const leads = [this](turn const& from, turn const& to) {
        return std::ranges::any_of(from.names_, [&](auto a) {
            return std::ranges::any_of(to.names_, [&](auto b) { return a == b || lead_(a, b); });
        });
    };
    return leads(one, other) && leads(other, one);
}

bool pause_turns::has_to_wait(turn const& one) const {
    return std::ranges::any_of(at_work_,
                               [&](auto const* each) { return could_wait_for_each_other(one, *each); });
}

pause_turns::turn::turn(pause_turns* of, std::vector<std::string_view> names,
                        std::chrono::steady_clock::time_point until, std::stop_token const& stop)
    : of_(of), names_(std::move(names)) {
    if (of_ == nullptr) return;
    woken_by const stopped(stop, of_->mutex_, of_->changed_);
    mutex_lock lock(of_->mutex_);
    of_->changed_.wait_until(lock, until, [&]() HOTSWAP_REQUIRES(of_->mutex_) {
        return stop.stop_requested() || !of_->has_to_wait(*this);
    });
    of_->at_work_.push_back(this);
}

pause_turns::turn::~turn() {
    if (of_ == nullptr) return;
    {
        mutex_lock const lock(of_->mutex_);
        std::erase(of_->at_work_, this);
    }
    of_->changed_.notify_all();
}

}  // namespace hotswap::detail
