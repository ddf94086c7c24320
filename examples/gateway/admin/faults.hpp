// What a test makes go wrong in a running gateway; where failpoints are not compiled in, nothing can be.
#pragma once

#include "admin/admin.hpp"

#include <chrono>
#include <functional>
#include <memory>

namespace gateway {

/// POST /faults: {"arm": "store.write=fail:28"}, {"disarm": true}, {"hold": "cache"} (a lease, until {"release": true}),
/// {"clock_ns": -60000000000} (how far the components' clock is off). The answer names the points that were passed since.
/// Lifetime: outlives the runtime whose faults these are.
class faults {
public:
    faults();
    ~faults();
    faults(faults const&) = delete;
    faults& operator=(faults const&) = delete;

    /// The components' clock; empty: the system's.
    std::function<std::chrono::system_clock::time_point()> clock() const;
    /// Empty where nothing can be injected.
    admin::inject injector(hotswap::runtime& into);

private:
    struct state;
    std::unique_ptr<state> self_;
};

}  // namespace gateway
