// Counts the operations on one component.
#pragma once

#include <hotswap/detail/base/mutex.hpp>
#include <hotswap/detail/report/metrics.hpp>
#include <hotswap/report.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace hotswap::detail {

/// Threads:  [any]
class component_counts {
public:
    /// `state_bytes`: the memory of the state, as it is estimated; tables that were copied are counted apart.
    /// Errors:   throws std::bad_alloc.
    void note_done(operation what, swap_report const& report, std::uint64_t state_bytes);
    void note_done(operation what, std::chrono::nanoseconds pause, std::uint64_t calls_held);
    void note_refused(operation what, errc why);

    /// Without the name of the component and its own numbers.
    component_metrics get() const;

private:
    void note(operation what, std::optional<errc> refused) HOTSWAP_REQUIRES(mutex_);

    mutable mutex mutex_;
    component_metrics all_ HOTSWAP_GUARDED_BY(mutex_);
};

}  // namespace hotswap::detail
