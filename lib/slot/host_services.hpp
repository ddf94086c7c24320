// The host, as one generation of one component sees it: the C functions behind hotswap::host.
#pragma once

#include "slot/closed_here.hpp"
#include "slot/component_settings.hpp"
#include "slot/job_runner.hpp"
#include "slot/pause_turns.hpp"
#include "slot/referrers.hpp"

#include <hotswap/contract.hpp>
#include <hotswap/detail/abi/host_api.hpp>
#include <hotswap/detail/base/mutex.hpp>
#include <hotswap/detail/slot/gate.hpp>
#include <hotswap/failure.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace hotswap::detail {

/// The component that `host::find` found.
struct found_neighbour {
    std::shared_ptr<gate> target;
    std::shared_ptr<referrers> known_to;  ///< counts the handle
};

/// The functions and settings with which the runtime serves one component. The functions do not throw.
struct host_context {
    std::string name;  ///< of the component
    std::function<void(level, std::string_view)> log;
    std::function<std::chrono::system_clock::time_point()> now;
    std::function<result<found_neighbour>(std::string_view, contract)> find;
    std::function<void()>
        changed;  ///< tells all components that this one was loaded, replaced, configured or unloaded
    int thread_probe_signal = 0;   ///< 0: no check for threads in old code
    gate_watch* gates = nullptr;   ///< notified when the component's gate is closed; null: none
    pause_turns* turns = nullptr;  ///< the order in which gates are closed; null: any
    bool keep_code = false;        ///< no module is ever unmapped
};

/// The services of one generation. They outlive its instance, and its pins.
class host_services final : public drain_listener {
public:
    /// `source`: the requested file.
    host_services(host_context const& host, job_runner& runner, std::filesystem::path const& source,
                  shared_settings settings);
    host_services(host_services const&) = delete;
    host_services& operator=(host_services const&) = delete;

    static abi::host_api const& api() noexcept;
    void* context() noexcept { return this; }

    job_list& jobs() noexcept { return jobs_; }
    /// The directory that the module came from.
    std::filesystem::path const& origin() const noexcept { return origin_; }
    shared_settings const& settings() const noexcept { return settings_; }
    std::uint64_t pins() const noexcept { return pins_.load(std::memory_order_acquire); }

    void draining(bool begins) noexcept override;

private:
    friend struct host_functions;

    host_context const& host_;
    job_runner& runner_;
    std::filesystem::path const origin_;
    shared_settings const settings_;
    job_list jobs_;
    std::atomic<std::uint64_t> pins_{0};
    std::atomic<bool> draining_{false};
    mutex drains_mutex_;
    abi::drain_listener* drain_listeners_ HOTSWAP_GUARDED_BY(drains_mutex_) = nullptr;
};

}  // namespace hotswap::detail
