// HTTP servers that are changed while they serve, in the same table.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace bench {

/// One change, as the operator sees it.
struct change_sample {
    double took = 0;  ///< from the command to the first answer that shows the change, µs
    bool state_kept = false;
};

/// A server that runs; idle between changes.
class changed_server {
public:
    virtual ~changed_server() = default;

    virtual std::uint16_t port() const = 0;
    /// The request of its clients.
    virtual std::string request() const = 0;
    /// Changes it to its next release, and looks whether what it remembered is still there.
    virtual change_sample change() = 0;
};

/// A name for the report, and a function that starts the server. The function throws peer_missing if it is not there.
struct server_entry {
    std::string_view name;
    std::function<std::unique_ptr<changed_server>()> start;
};

/// The example's gateway: its cache goes up and down through its releases.
enum class gateway_order {
    command,            ///< `hotswap swap`, modules that this gateway has tried before
    open_socket,        ///< POST on a connection that is open
    rehearsed_command,  ///< `hotswap swap`, each module tried in another process first
};
std::unique_ptr<changed_server> start_gateway(gateway_order by);

/// `nginx -s reload` with a new configuration.
std::unique_ptr<changed_server> start_nginx();
/// A new configuration, by `reload` on the socket of HAProxy's master.
std::unique_ptr<changed_server> start_haproxy_reload();
/// A new value in a map, by `set map` on the socket of HAProxy's worker.
std::unique_ptr<changed_server> start_haproxy_map();
/// A gen_server of Erlang/OTP behind a small HTTP server, by release_handler with an .appup.
std::unique_ptr<changed_server> start_erlang_release();

/// Asks `is_seen` until it says yes; returns the time since `began`, in µs.
/// Errors:   std::runtime_error that says what was awaited, after ten seconds.
double until(std::chrono::steady_clock::time_point began, std::string_view what,
             std::function<bool()> const& is_seen);

/// The body of the answer on a new connection; empty if there is none.
std::string answer_of(std::uint16_t port);

}  // namespace bench
