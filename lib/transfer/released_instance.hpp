// Resources that exist only once: the running instance releases them before the next one is constructed.
#pragma once

#include "report/step_recorder.hpp"
#include "slot/slot.hpp"

#include <hotswap/failure.hpp>

#include <chrono>

namespace hotswap::detail {

/// Asks the instance of a generation to release the resources that exist only once; does nothing if its
/// component has no such resources, or if the instance is released already.
/// Errors:   release_failed; the instance counts as released, though it may still hold some resources.
/// Threads:  [quiesced]
result<void> release_instance(generation& of);

/// Asks a released instance to take its resources back.
/// Errors:   release_failed; it stays released.
/// Threads:  [quiesced]
result<void> resume_instance(generation& of);

/// Follows the running instance from its release until the commit. If the operation is undone, the instance
/// takes its resources back before the gate opens.
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
    /// Undoes the release; does nothing after the commit.
    /// Errors:   release_failed: the running instance serves without the released resources.
    result<void> take_back() noexcept;

private:
    slot& in_;
    step_recorder& steps_;
    bool released_ = false;
    std::chrono::nanoseconds took_{0};
};

}  // namespace hotswap::detail
