// Code that was abandoned while it ran: it goes on by itself, on copies of its own.
#pragma once

#include "slot/generation.hpp"

#include <atomic>
#include <memory>
#include <string>

namespace hotswap::detail {

/// Lifetime: shared by the thread that runs the code and the one that waits for its end.
struct abandoned_work {
    abandoned_work() = default;
    virtual ~abandoned_work() = default;
    abandoned_work(abandoned_work const&) = delete;
    abandoned_work& operator=(abandoned_work const&) = delete;

    std::unique_ptr<generation> next;  ///< whose code it is; the running thread's until it is over
    std::string module;                ///< its file, for messages
    std::atomic<bool> over{false};
};

}  // namespace hotswap::detail
