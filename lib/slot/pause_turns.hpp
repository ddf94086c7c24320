// Decides which operations may close gates at the same time.
#pragma once

#include <hotswap/detail/base/condition.hpp>
#include <hotswap/detail/base/mutex.hpp>

#include <chrono>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::detail {

/// Two operations whose drains could wait for each other take turns: each would wait for a call that is held
/// at the other's gate. An operation takes its turn before the gates close, so that no caller waits for the
/// turn.
/// Threads:  [any]
class pause_turns {
public:
    /// Whether a call inside the first component may reach the second.
    using calls = std::function<bool(std::string_view, std::string_view)>;

    explicit pause_turns(calls lead) : lead_(std::move(lead)) {}

    /// A turn of the components whose gates are closed, for as long as it lives.
    class turn {
    public:
        /// Waits while this pause and one at work could wait for each other; not beyond `until`, and not when
        /// `stop` is requested: then the drain decides.
        /// Errors:   throws std::bad_alloc.
        turn(pause_turns* of, std::vector<std::string_view> names,
             std::chrono::steady_clock::time_point until, std::stop_token const& stop);
        ~turn();
        turn(turn const&) = delete;
        turn& operator=(turn const&) = delete;

    private:
        friend class pause_turns;
        pause_turns* const of_;  // null: there is no order
        std::vector<std::string_view> const names_;
    };

private:
    bool could_wait_for_each_other(turn const& one, turn const& other) const;
    bool has_to_wait(turn const& one) const HOTSWAP_REQUIRES(mutex_);

    calls const lead_;
    mutex mutex_;
    condition changed_;
    std::vector<turn const*> at_work_ HOTSWAP_GUARDED_BY(mutex_);
};

}  // namespace hotswap::detail
