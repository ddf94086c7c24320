// The operations whose probations have not ended: how each ends is known from the runtime's events and its status.
#pragma once

#include "control/operation_book.hpp"
#include "control/peer.hpp"

#include <hotswap/detail/base/mutex.hpp>
#include <hotswap/detail/report/status.hpp>
#include <hotswap/event.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace hotswap::detail {

/// An operation that has committed and may still be sent back.
struct operation_on_probation {
    std::string id{};  ///< of the control interface
    control_peer by{};
    std::string verb{};
    std::uint64_t operation_id = 0;  ///< of the runtime: its probation's events have it
    /// The components, each with the generation that may be sent back.
    std::vector<std::pair<std::string, std::uint64_t>> generations{};
};

/// Threads:  [any]
class probation_book {
public:
    void add(operation_on_probation which);
    /// Learns from an event of a probation; of another one nothing.
    void note(event const& what);
    /// Takes out the operations whose probations are over, by this status of the components.
    std::vector<std::pair<operation_on_probation, operation_end>> take_ended(
        std::vector<component_status> const& now);
    bool is_empty() const;

private:
    using clock = std::chrono::steady_clock;

    struct entry {
        operation_on_probation which;
        bool failed = false;
        bool is_over = false;  // the event that a probation ends with has come
        std::optional<clock::time_point> gone_since{};
    };

    static std::optional<operation_end> end_of(entry& of, std::vector<component_status> const& now);

    mutable mutex mutex_;
    std::vector<entry> entries_ HOTSWAP_GUARDED_BY(mutex_);
    // Of probations that ended before their swap was added here.
    std::vector<std::pair<std::uint64_t, bool>> early_ HOTSWAP_GUARDED_BY(mutex_);
};

}  // namespace hotswap::detail
