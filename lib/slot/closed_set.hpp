// Gates that one operation holds closed together.
#pragma once

#include "slot/closed_here.hpp"

#include <hotswap/detail/slot/gate.hpp>

#include <chrono>
#include <cstdint>
#include <span>
#include <stop_token>

namespace hotswap::detail {

/// The only way to close gates. A thread that is inside one gate of the set is let through to the others,
/// because the drain waits for its progress.
/// Threads:  the threads of the operation; one at a time.
class closed_set {
public:
    /// Closes `gates`, at least one and all open, as the set of that number.
    /// Lifetime: `gates` outlives the set.
    /// Cost:     one barrier for all gates.
    closed_set(std::span<gate* const> gates, std::uint32_t number) noexcept;
    /// Opens the gates that are still closed, for the generations that were running.
    ~closed_set();
    closed_set(closed_set const&) = delete;
    closed_set& operator=(closed_set const&) = delete;

    /// Whether no thread is inside any gate of the set; if so, none can enter.
    bool drain() noexcept;
    /// Waits until `drain` is true; false at the deadline, and when `stop` is requested.
    bool wait_until_drained(std::chrono::steady_clock::time_point deadline,
                            std::stop_token const& stop = {}) noexcept;
    /// A gate that is not empty; null: all are empty.
    gate const* held_up() const noexcept;

    /// From now on a caller that has waited beyond `bound` opens the gates for the generations that were
    /// running. Code that runs behind the gates meanwhile uses nothing of those generations.
    void limit(std::chrono::steady_clock::time_point bound) noexcept;
    /// Puts the bound of the limit into the past.
    /// Threads:  [any], while the limit lasts
    void limit_is_over() noexcept;
    /// Ends the limit. False: a caller has opened the gates.
    bool end_limit() noexcept;

    /// From now on being inside one gate of the set lets no thread through another one. The operation opens each gate next.
    void before_opening() noexcept;
    void reopen() noexcept;
    /// Keeps the gates closed for good.
    void end() noexcept;
    bool is_open() const noexcept { return is_open_; }

private:
    std::span<gate* const> const gates_;
    std::uint32_t const number_;
    behind_gates const here_{number_};
    bool is_open_ = false;
};

}  // namespace hotswap::detail
