// The contract: all that the host and the modules have in common.
#pragma once

#include <hotswap/contract.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace demo {

/// Threads:  [any]
struct inbox {
    static constexpr hotswap::contract contract{"demo.inbox", 1};
    virtual ~inbox() = default;
    virtual void put(std::string_view text) = 0;
    /// The oldest message, if there is one.
    virtual std::optional<std::string> take() = 0;
    /// As `take`, but waits for a message, half a minute at most; nothing also where a swap asks it to leave.
    virtual std::optional<std::string> wait_and_take() = 0;
};

}  // namespace demo
