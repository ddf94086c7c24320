// The services that the host gives to each of its components.
#pragma once

#include "report/event_bus.hpp"
#include "report/step_recorder.hpp"
#include "runtime/registry.hpp"
#include "slot/host_services.hpp"
#include "slot/pause_turns.hpp"

#include <hotswap/failure.hpp>
#include <hotswap/runtime.hpp>

#include <atomic>
#include <string>
#include <string_view>

namespace hotswap::detail {

/// Makes the context of each slot, and outlives all contexts in use.
/// Threads:  [any]
class host_contexts {
public:
    /// `options` have a clock. `probing`: whether the signal of the options may be used.
    host_contexts(runtime_options const& options, result<void> const& probing, registry const& components,
                  event_bus& events, event_sink const& sink) noexcept
        : options_(options), probing_(probing), components_(components), events_(events), sink_(sink) {}
    host_contexts(host_contexts const&) = delete;
    host_contexts& operator=(host_contexts const&) = delete;

    /// Makes the context of the component called `name`.
    host_context make(std::string name);
    /// From now on no function of the options is called: the objects that they use may be gone.
    void forget_options() noexcept { options_are_gone_ = true; }

private:
    result<found_neighbour> find(std::string_view wanted, contract of, std::string const& by) const;

    runtime_options const& options_;
    result<void> const& probing_;
    registry const& components_;
    event_bus& events_;
    event_sink const& sink_;
    std::atomic<bool> options_are_gone_{false};
    pause_turns turns_{
        [this](std::string_view from, std::string_view to) { return components_.leads_to(from, to); }};
};

}  // namespace hotswap::detail
