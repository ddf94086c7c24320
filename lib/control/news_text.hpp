// The news of a host as server-sent events: each is made once, for all that follow it.
#pragma once

#include "control/service.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace hotswap::detail {

/// Threads:  that of the event loop
class news_text {
public:
    explicit news_text(control_service& of) noexcept : of_(of) {}

    /// Kept events after number `after`, which moves on to the last of them; empty: there are none.
    std::string events_after(std::uint64_t& after);
    /// The status, if events have come since `after`, which moves on; else empty.
    std::string status_after(std::uint64_t& after);

private:
    std::string const& text_of(numbered_event const& one);

    control_service& of_;
    std::map<std::uint64_t, std::string> events_;  // some of the last ones that were sent, by number
    std::uint64_t status_number_ = 0;
    std::string status_;
};

}  // namespace hotswap::detail
