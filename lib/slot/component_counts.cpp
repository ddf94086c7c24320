#include "slot/component_counts.hpp"

#include <algorithm>

namespace hotswap::detail {

void component_counts::note(operation what, std::optional<errc> refused) {
    auto const found = std::ranges::find_if(all_.operations, [&](operation_count const& each) {
        return each.operation == what && each.refused == refused;
    });
    auto& entry = found != all_.operations.end() ? *found : all_.operations.emplace_back(what, refused, 0);
    ++entry.times;
}

void component_counts::note_done(operation what, swap_report const& report, std::uint64_t state_bytes) {
    mutex_lock const lock(mutex_);
    note(what, std::nullopt);
    all_.pauses.add(report.pause);
    all_.waits.add(report.longest_wait);
    all_.calls_held += report.calls_held;
    all_.state_bytes = state_bytes + report.tables.memory;
}

void component_counts::note_done(operation what, std::chrono::nanoseconds pause, std::uint64_t calls_held) {
    mutex_lock const lock(mutex_);
    note(what, std::nullopt);
    all_.pauses.add(pause);
    all_.calls_held += calls_held;
}

void component_counts::note_refused(operation what, errc why) {
    mutex_lock const lock(mutex_);
    note(what, why);
}

component_metrics component_counts::get() const {
    mutex_lock const lock(mutex_);
    return all_;
}

}  // namespace hotswap::detail
