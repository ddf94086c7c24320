// Code that was abandoned while it ran: it continues on its own copies.
#pragma once

#include "slot/generation.hpp"

#include <atomic>
#include <memory>
#include <string>

namespace hotswap::detail {

/// Lifetime: shared by the thread that runs the code and the thread that waits for its end.
struct abandoned_work {
    abandoned_work() = default;
    virtual ~abandoned_work() = default;
    abandoned_work(abandoned_work const&) = delete;
    abandoned_work& operator=(abandoned_work const&) = delete;

    std::unique_ptr<generation> next;  ///< owns the code; only for the running thread until `over`
    std::string module;                ///< the name of its file, for messages
    std::atomic<bool> over{false};
};

}  // namespace hotswap::detail
