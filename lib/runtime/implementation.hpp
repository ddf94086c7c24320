// The parts of a runtime, behind its public class.
#pragma once

#include "module/staging_area.hpp"
#include "rehearsal/rehearsal_policy.hpp"
#include "report/event_bus.hpp"
#include "report/step_recorder.hpp"
#include "runtime/checkpoints.hpp"
#include "runtime/component_loader.hpp"
#include "runtime/host_contexts.hpp"
#include "runtime/host_store.hpp"
#include "runtime/module_locator.hpp"
#include "runtime/module_watch.hpp"
#include "runtime/operations.hpp"
#include "runtime/probations.hpp"
#include "runtime/recovery.hpp"
#include "runtime/registry.hpp"
#include "runtime/requested_changes.hpp"
#include "runtime/set_operations.hpp"

#include <hotswap/runtime.hpp>

#include <chrono>
#include <memory>
#include <optional>

namespace hotswap {

/// A part refers only to parts above it. The exception is the registry: a component's context finds its
/// neighbours there, and the registry ends with the components that use the context.
class runtime::implementation {
public:
    explicit implementation(runtime_options options);
    implementation(implementation const&) = delete;
    implementation& operator=(implementation const&) = delete;

    /// Ends a runtime: saves the states, and destroys the components. If code of a component still runs, or
    /// in a forked child, the object stays for good, where a leak checker finds it; `ended` is null then.
    /// Subscribers and the host's checks may use the runtime meanwhile, through `ended`.
    static void end(std::unique_ptr<implementation>& ended) noexcept;

private:
    friend class runtime;
    using clock = std::chrono::steady_clock;

    /// False if the object has to stay.
    bool end_all() noexcept;
    /// Ends the periodic checkpoints and the watches of probations. False after the deadline: one still runs.
    bool end_own_work(clock::time_point until) noexcept;
    bool shut_components_down() noexcept;
    /// From now on no call is let in, no job begins, and no subscriber, which may be gone, is called.
    void leave_behind() noexcept;
    detail::recovery_site recovery_at() noexcept;

    runtime_options const options_;
    std::shared_ptr<detail::event_bus> const bus_;
    detail::event_sink const sink_;
    detail::staging_area staging_;
    detail::rehearsal_policy rehearsals_;
    result<void> const probing_;  // whether the signal of the options may be used
    detail::host_store store_;
    detail::host_contexts contexts_;
    detail::registry components_;
    detail::operations operations_;
    detail::module_locator locator_;
    detail::component_loader loader_;
    detail::requested_changes changes_;
    detail::checkpoints checkpoints_;
    detail::probations probations_;
    detail::set_operations sets_;
    std::optional<detail::module_watch> watch_;
    implementation* left_before_ = nullptr;  // in the chain of left objects
};

}  // namespace hotswap
