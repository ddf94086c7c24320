// The host, as a component sees it in a rehearsal.
#pragma once

#include <hotswap/detail/abi/host_api.hpp>
#include <hotswap/detail/base/mutex.hpp>

#include <cstdint>
#include <vector>

namespace hotswap::rehearse {

/// Takes work and never does it; keeps no neighbours; hands log lines to the report, as many as a report holds.
class host_context {
public:
    /// `now` is the host's time when the request was made; `origin` and `settings` are what a component may ask for. What one
    /// logs that is not `heard` is dropped.
    /// Lifetime: `origin` and `settings` outlive it.
    host_context(std::int64_t now, abi::text origin, abi::argument_list settings, bool heard) noexcept;
    ~host_context();
    host_context(host_context const&) = delete;
    host_context& operator=(host_context const&) = delete;

    static abi::host_api const& api() noexcept;
    void* context() noexcept { return this; }
    /// Destroys the work that was taken, as it is when a generation is retired.
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
