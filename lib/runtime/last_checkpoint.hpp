// The checkpoint that a runtime writes when it is destroyed.
#pragma once

#include "durable/durability.hpp"
#include "runtime/registry.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace hotswap::detail {

/// The last checkpoint. Unlike other checkpoints it leaves out the components that cannot be saved: no later
/// checkpoint will have them.
class last_checkpoint {
public:
    using clock = std::chrono::steady_clock;

    /// `limit`: the time for the whole end of the runtime, which began `limit` before `until`.
    last_checkpoint(registry const& components, durability& durable, clock::time_point until,
                    std::chrono::nanoseconds limit) noexcept
        : components_(components), durable_(durable), until_(until), limit_(limit) {}

    /// Saves all states that it can, and returns a sentence for each problem.
    std::vector<std::string> write() noexcept;

private:
    template <class F>
    bool guard(std::string const& name, F&& f) noexcept;
    result<void> save(slot& slot);
    void forget_probation(slot const& slot, std::string const& name) noexcept;

    registry const& components_;
    durability& durable_;
    clock::time_point const until_;
    std::chrono::nanoseconds const limit_;
    std::vector<held_turn> turns_;
    std::vector<slot_snapshot> taken_;
    std::vector<std::string> wrong_;
};

}  // namespace hotswap::detail
