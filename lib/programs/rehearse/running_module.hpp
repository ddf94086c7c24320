// The module that runs in the host; the new module is rehearsed next to it.
#pragma once

#include "programs/rehearse/host_context.hpp"
#include "programs/rehearse/leftovers.hpp"
#include "rehearsal/rehearsal_wire.hpp"

#include <hotswap/detail/abi/module_api.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

namespace hotswap::rehearse {

/// Loaded, and constructed on a copy of its state, as in the host when the next one comes. The next module is
/// not at fault for the running one's failures: if the running one reports a refusal, the rehearsal continues
/// with the part of it that is in place; if it ends the process, or takes too long, the last reported stage
/// is one of its own, and the host tries again with less.
class running_module {
public:
    /// Loads the file at `path`, and constructs an instance unless only the code is wanted.
    /// Lifetime: the request's data outlive this object.
    running_module(char const* path, detail::wire::request const& wanted,
                   detail::wire::request_parts const& parts, detail::wire::next_to how);
    ~running_module() = default;
    running_module(running_module const&) = delete;
    running_module& operator=(running_module const&) = delete;

    /// Asks the instance to release its exclusive resources, as a host does before it constructs the next
    /// one.
    void release();
    /// Destroys the instance and its state, and closes the module, if the host would.
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
