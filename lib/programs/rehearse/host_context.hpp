// The host, as a component sees it in a rehearsal.
#pragma once

#include <hotswap/detail/abi/host_api.hpp>
#include <hotswap/detail/base/mutex.hpp>

#include <cstdint>
#include <vector>

namespace hotswap::rehearse {

/// Accepts jobs and never runs them; has no neighbours; writes log lines to the report, up to the report's
/// limit.
class host_context {
public:
    /// `now` is the host's time of the request; a component can read `origin` and `settings`. `heard`:
    /// whether its log lines are reported; otherwise they are dropped.
    /// Lifetime: `origin` and `settings` outlive this object.
    host_context(std::int64_t now, abi::text origin, abi::argument_list settings, bool heard) noexcept;
    ~host_context();
    host_context(host_context const&) = delete;
    host_context& operator=(host_context const&) = delete;

    static abi::host_api const& api() noexcept;
    void* context() noexcept { return this; }
    /// Destroys the accepted jobs, as a host does when a generation is retired.
    void drop_work() noexcept;

private:
    friend struct rehearsed_functions;

    std::int64_t const ahead_;  // of the host's clock over the steady one
    abi::text const origin_;
    abi::argument_list const settings_;
    bool const heard_;
    detail::mutex mutex_;
    std::vector<abi::job> work_ HOTSWAP_GUARDED_BY(mutex_);
    std::uint64_t lines_ HOTSWAP_GUARDED_BY(mutex_) = 0;
    std::uint64_t dropped_lines_ HOTSWAP_GUARDED_BY(mutex_) = 0;
};

}  // namespace hotswap::rehearse
