// Code that was given up while it ran: it goes on by itself, on copies of its own.
#pragma once

#include "slot/generation.hpp"

#include <atomic>
#include <memory>
#include <string>

namespace hotswap::detail {

/// Lifetime: shared by the thread that runs the code and whoever waits for its end.
struct overrun {
    overrun() = default;
    virtual ~overrun() = default;
    overrun(overrun const&) = delete;
    overrun& operator=(overrun const&) = delete;

    std::unique_ptr<generation> next;  ///< whose code it is; the running thread's until it is over
    std::string module;                ///< its file, for messages
    std::atomic<bool> over{false};
};

}  // namespace hotswap::detail
