// The program hotswap-connect, which speaks TLS with a host over TCP, and plain HTTP with the client that has started it. So a client of a
// Unix socket, which is started for every verb, does not load a TLS library.
#pragma once

#include "control/tls_client_options.hpp"

#include <hotswap/failure.hpp>

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <utility>

namespace hotswap::detail {

/// The first line that the program writes: empty if it is connected, else its failure as JSON.
/// Errors:   host_unreachable, control_failed: that failure.
result<void> read_connector_line(std::string_view line);

/// The program, running. It ends with its client.
class connector {
public:
    /// Starts the program; its first line comes once it is connected, or has failed.
    /// Errors:   control_failed: it is not there, or cannot be started.
    static result<connector> start(std::string const& host, std::string const& port,
                                   tls_client_options const& tls);

    connector() = default;
    connector(connector&& other) noexcept
        : process_(std::exchange(other.process_, -1)), socket_(std::exchange(other.socket_, -1)) {}
    connector& operator=(connector&& other) noexcept {
        std::swap(process_, other.process_);
        std::swap(socket_, other.socket_);
        return *this;
    }
    ~connector();

    /// The client's end of the connection, which the caller closes.
    int take_socket() noexcept { return std::exchange(socket_, -1); }

private:
    ::pid_t process_ = -1;
    int socket_ = -1;
};

}  // namespace hotswap::detail
