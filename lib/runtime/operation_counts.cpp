#include "runtime/operation_counts.hpp"

#include <algorithm>
#include <new>

namespace hotswap::detail {

component_metrics& operation_counts::at(std::string_view name) {
    auto const found = all_.find(name);
    if (found != all_.end()) return found->second;
    auto& made = all_[std::string(name)];
    made.name = name;
    return made;
}

void operation_counts::note(std::string_view name, operation what, std::optional<errc> refused) {
    auto& all = at(name).operations;
    auto const found = std::ranges::find_if(
        all, [&](operation_count const& each) { return each.operation == what && each.refused == refused; });
    auto& entry = found != all.end() ? *found : all.emplace_back(operation_count{what, refused, 0});
    ++entry.times;
}

void operation_counts::note_done(operation what, swap_report const& report, slot const& of) noexcept try {
    if (report.same_content && report.from.generation == report.to.generation) return;
    mutex_lock const lock(mutex_);
    note(report.component, what, std::nullopt);
    auto& counts = at(report.component);
    counts.pauses.add(report.pause);
    counts.waits.add(report.longest_wait);
    counts.calls_held += report.calls_held;
    counts.state_bytes = of.pauses().state_memory() + report.tables.memory;
} catch (std::bad_alloc const&) {
    return;
}

void operation_counts::note_done(operation what, configure_report const& report) noexcept try {
    mutex_lock const lock(mutex_);
    note(report.component, what, std::nullopt);
    auto& counts = at(report.component);
    counts.pauses.add(report.pause);
    counts.calls_held += report.calls_held;
} catch (std::bad_alloc const&) {
    return;
}

void operation_counts::note_refused(operation what, std::string_view name, errc why) noexcept try {
    mutex_lock const lock(mutex_);
    note(name, what, why);
} catch (std::bad_alloc const&) {
    return;
}

void operation_counts::forget(std::string_view name) {
    mutex_lock const lock(mutex_);
    if (auto const found = all_.find(name); found != all_.end()) all_.erase(found);
}

component_metrics operation_counts::of(std::string_view name) const {
    mutex_lock const lock(mutex_);
    auto const found = all_.find(name);
    if (found != all_.end()) return found->second;
    component_metrics none;
    none.name = name;
    return none;
}

}  // namespace hotswap::detail
