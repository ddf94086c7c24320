#include "runtime/probations.hpp"

#include <algorithm>
#include <utility>

namespace hotswap::detail {

probation_watch& probations::add(std::unique_ptr<probation_watch> made) {
    auto& watch = *made;
    mutex_lock const lock(mutex_);
    watches_.push_back(std::move(made));
    return watch;
}

void probations::stop(slot const& of, probation_watch const* but) noexcept {
    mutex_lock const lock(mutex_);
    for (auto const& watch : watches_)
        if (watch.get() != but) watch->leave(of);
}

void probations::stop_all() noexcept {
    mutex_lock const lock(mutex_);
    for (auto const& each : watches_) each->stop();
}

std::vector<std::string> probations::with_partners(std::vector<std::string> names) {
    mutex_lock const lock(mutex_);
    for (auto const& watch : watches_) {
        if (watch->is_over() || watch->is_stopped()) continue;
        auto const together = watch->slots();
        auto const is_named = [&](auto const& each) {
            return std::ranges::find(names, each->name()) != names.end();
        };
        if (std::ranges::none_of(together, is_named)) continue;
        for (auto const& each : together)
            if (!is_named(each)) names.push_back(each->name());
    }
    return names;
}

void probations::drop_finished(bool stopped_too) {
    std::vector<std::unique_ptr<probation_watch>> finished;  // joined after the lock is released
    mutex_lock const lock(mutex_);
    finished.reserve(watches_.size());
    for (auto& each : watches_)
        if (each->is_over() || (stopped_too && each->is_stopped() && !each->is_this_thread()))
            finished.push_back(std::move(each));
    std::erase_if(watches_, [](auto const& each) { return each == nullptr; });
}

bool probations::is_empty() {
    mutex_lock const lock(mutex_);
    return watches_.empty();
}

}  // namespace hotswap::detail
