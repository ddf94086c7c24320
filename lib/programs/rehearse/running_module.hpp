// The module that runs in the host, next to which the new one is tried.
#pragma once

#include "programs/rehearse/host_context.hpp"
#include "programs/rehearse/leftovers.hpp"
#include "rehearsal/rehearsal_wire.hpp"

#include <hotswap/detail/abi/module_api.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

namespace hotswap::rehearse {

/// Loaded, and constructed on a copy of its state, as it is in the host when the next one comes. The next one is not to blame
/// for it: what it refuses in words is reported, and the trial goes on with as much of it as is there; where it ends the
/// process, or takes longer than it may, the last stage that was reported is one of its own, and the host tries again with less.
class running_module {
public:
    /// Loads the file at `path`, and constructs unless only its code is wanted.
    /// Lifetime: what the request holds outlives it.
    running_module(char const* path, detail::wire::request const& wanted,
                   detail::wire::request_parts const& parts, detail::wire::next_to how);
    ~running_module() = default;
    running_module(running_module const&) = delete;
    running_module& operator=(running_module const&) = delete;

    /// Asks the instance to give up what there is only one of, as a host does before it constructs the next one.
    void release();
    /// Destroys the instance and its state, and closes the module, where the host would.
    void retire(leftovers& watched);

private:
    bool load(char const* path);
    bool import(detail::wire::request_parts const& parts);
    bool construct();
    bool has_refused(abi::status outcome, abi::error const& why);
    void say(std::string_view words) const;

    detail::wire::request const& wanted_;
    std::vector<abi::argument> const settings_;
    host_context host_;
    void* library_ = nullptr;
    abi::module_api const* functions_ = nullptr;
    watched_module code_{};
    void* state_ = nullptr;
    abi::instance instance_{};
};

}  // namespace hotswap::rehearse
