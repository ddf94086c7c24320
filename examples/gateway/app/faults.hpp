// Faults that a test injects into a running gateway; none in a build without failpoints.
#pragma once

#include "http/server.hpp"

#include <hotswap/runtime.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>

namespace gateway {

/// POST /faults: {"arm": "store.write=fail:28"}, {"disarm": true}, {"hold": "cache"} (a lease, until {"release": true}),
/// {"clock_ns": -60000000000} (the error of the components' clock). The answer names the points passed since
/// then.
/// Lifetime: outlives the runtime into which it injects faults.
class faults {
public:
    faults();
    ~faults();
    faults(faults const&) = delete;
    faults& operator=(faults const&) = delete;

    /// The components' clock; empty: the system's.
    std::function<std::chrono::system_clock::time_point()> clock() const;
    /// Serves these requests at a Unix socket; nothing in a build without failpoints.
    void serve(hotswap::runtime& into, boost::asio::io_context& io, http_server& by,
               std::filesystem::path const& socket);

private:
    struct state;
    std::unique_ptr<state> self_;
};

}  // namespace gateway
