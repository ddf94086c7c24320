// What there is only one of: the running instance gives it up before the next one is constructed.
#pragma once

#include "report/step_recorder.hpp"
#include "slot/slot.hpp"

#include <hotswap/failure.hpp>

#include <chrono>

namespace hotswap::detail {

/// Asks the instance of a generation to give up what there is only one of; nothing, if its component has nothing of the kind, or if
/// it has done so already.
/// Errors:   release_failed; what the instance still holds is not known; it counts as released.
/// Threads:  [quiesced]
result<void> release_instance(generation& of);

/// Asks one that was released to take it back.
/// Errors:   release_failed; it stays released.
/// Threads:  [quiesced]
result<void> resume_instance(generation& of);

/// The running instance, from the moment at which it has released what there is only one of until the commit, or until the operation
/// is undone: then it takes that back, before the gate opens.
/// Lifetime: the next instance is destroyed before `take_back`.
class released_instance {
public:
    released_instance(slot& slot, step_recorder& steps) noexcept : in_(slot), steps_(steps) {}
    ~released_instance() { static_cast<void>(take_back()); }
    released_instance(released_instance const&) = delete;
    released_instance& operator=(released_instance const&) = delete;

    /// Whether `release` has something to do.
    bool is_wanted() const noexcept;
    /// Errors:   release_failed.
    result<void> release();
    bool is_released() const noexcept { return released_; }
    std::chrono::nanoseconds took() const noexcept { return took_; }
    /// The operation is undone; nothing after the commit.
    /// Errors:   release_failed: the running instance serves without what it had released.
    result<void> take_back() noexcept;

private:
    slot& in_;
    step_recorder& steps_;
    bool released_ = false;
    std::chrono::nanoseconds took_{0};
};

}  // namespace hotswap::detail
