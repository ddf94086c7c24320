// Compares a running component with the store and with the modules on disk.
#pragma once

#include "report/step_recorder.hpp"
#include "runtime/host_store.hpp"
#include "runtime/module_locator.hpp"
#include "slot/slot.hpp"

#include <hotswap/detail/report/drift.hpp>

namespace hotswap::detail {

/// Threads:  a thread that holds the slot's operation.
component_drift drift_of(slot const& of, host_store& stored, module_locator& modules, step_recorder& steps);

}  // namespace hotswap::detail
