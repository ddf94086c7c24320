// The contract: the only code that the host and the modules share.
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
    /// As `take`, but waits for a message, half a minute at most; returns nothing also when a swap begins to
    /// drain.
    virtual std::optional<std::string> wait_and_take() = 0;
};

}  // namespace demo
