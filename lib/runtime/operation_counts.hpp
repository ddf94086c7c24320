// Counts the operations on each component.
#pragma once

#include "slot/slot.hpp"

#include <hotswap/detail/base/mutex.hpp>
#include <hotswap/detail/report/metrics.hpp>
#include <hotswap/report.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace hotswap::detail {

/// Threads:  [any]
class operation_counts {
public:
    /// `of`: the component, whose operation this thread holds. A count that there is no memory for is missing: what has committed is
    /// not undone for it.
    void note_done(operation what, swap_report const& report, slot const& of) noexcept;
    void note_done(operation what, configure_report const& report) noexcept;
    void note_refused(operation what, std::string_view name, errc why) noexcept;
    /// A component that was unloaded begins anew.
    void forget(std::string_view name);

    /// Without the component's own numbers.
    component_metrics of(std::string_view name) const;

private:
    component_metrics& at(std::string_view name) HOTSWAP_REQUIRES(mutex_);
    void note(std::string_view name, operation what, std::optional<errc> refused) HOTSWAP_REQUIRES(mutex_);

    mutable mutex mutex_;
    std::map<std::string, component_metrics, std::less<>> all_ HOTSWAP_GUARDED_BY(mutex_);
};

}  // namespace hotswap::detail
