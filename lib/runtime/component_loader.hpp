// Loads components into a runtime, and ends them.
#pragma once

#include "module/staging_area.hpp"
#include "report/step_recorder.hpp"
#include "runtime/host_contexts.hpp"
#include "runtime/host_store.hpp"
#include "runtime/module_locator.hpp"
#include "runtime/registry.hpp"
#include "swap/lifecycle.hpp"

#include <hotswap/failure.hpp>
#include <hotswap/options.hpp>
#include <hotswap/report.hpp>

#include <memory>
#include <span>
#include <string_view>

namespace hotswap::detail {

/// Threads:  [any]
class component_loader {
public:
    component_loader(registry& components, host_contexts& contexts, host_store& store,
                     module_locator& locator, staging_area& staging) noexcept
        : components_(components), contexts_(contexts), store_(store), locator_(locator), staging_(staging) {}

    /// Loads a component for the host; by the contract of its module, if `wanted` has no name.
    result<std::shared_ptr<gate>> load(std::string_view name, contract wanted, load_options const& options,
                                       step_recorder& steps);
    /// Loads a component of the stored set for a recovery, with its stored settings. It is durable already.
    /// Errors:   those of `load_first`.
    result<std::shared_ptr<slot>> load_stored(stored_component const& of, first_module const& from,
                                              contract wanted, std::span<std::byte const> frame,
                                              step_recorder& steps);
    /// Ends a component whose operation the caller holds.
    result<unload_report> unload(slot& slot, unload_options const& options, step_recorder& steps);
    /// Ends a component without a report, for the end of the runtime. False if the component's code may still
    /// run, or call the host: the component then keeps its code.
    static bool shut_down(std::shared_ptr<slot> slot) noexcept;

private:
    result<std::shared_ptr<gate>> load_into(std::shared_ptr<slot> made, first_module const& from,
                                            load_options const& options, settings const& with,
                                            durability* durable, step_recorder& steps);
    result<served_contract> contract_of(std::filesystem::path const& file, contract wanted) const;
    settings stored_settings(slot& slot, first_module const& from) const;
    static result<void> expect_no_referrers(slot const& slot, unload_options const& options,
                                            step_recorder& steps);

    registry& components_;
    host_contexts& contexts_;
    host_store& store_;
    module_locator& locator_;
    staging_area& staging_;
};

}  // namespace hotswap::detail
