// The running probations of a runtime.
#pragma once

#include "swap/probation_watch.hpp"

#include <hotswap/detail/base/mutex.hpp>

#include <memory>
#include <string>
#include <vector>

namespace hotswap::detail {

/// Threads:  [any]
class probations {
public:
    /// Keeps the watch until its probation is over. The reference is valid until the watch is dropped.
    /// Errors:   throws std::bad_alloc.
    probation_watch& add(std::unique_ptr<probation_watch> made);
    /// Stops the watches of this slot, except `but`. The caller holds the slot's operation and decides what happens to
    /// the generation.
    void stop(slot const& of, probation_watch const* but = nullptr) noexcept;
    void stop_all() noexcept;
    /// The names, and those of the components that are on probation together with one of them.
    std::vector<std::string> with_partners(std::vector<std::string> names);
    /// Joins the watches that are over, and also waits for those that were stopped. The caller holds no slot's operation.
    void drop_finished(bool stopped_too);
    bool is_empty();

private:
    mutex mutex_;
    std::vector<std::unique_ptr<probation_watch>> watches_ HOTSWAP_GUARDED_BY(mutex_);
};

}  // namespace hotswap::detail
