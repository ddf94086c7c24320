// TLS for a control interface over TCP.
#pragma once

#include "control/peer.hpp"
#include "control/peer_stream.hpp"
#include "control/tls_client_options.hpp"

#include <hotswap/control.hpp>

#include <boost/asio/ssl/context.hpp>

#include <map>
#include <memory>
#include <string>

namespace hotswap::detail {

using tls_context = boost::asio::ssl::context;

/// The host's side: its certificate, and the authorities of its clients.
/// Errors:   control_failed, naming the file, the cause and a remedy.
result<std::unique_ptr<tls_context>> tls_of_host(control_tcp const& options);

/// Errors:   control_failed.
result<std::unique_ptr<tls_context>> tls_of_client(tls_client_options const& options);

/// The peer after the handshake: its address, and the role of its certificate, if it has shown one.
control_peer peer_of(peer_stream::secure& stream, std::map<std::string, control_role> const& clients);

}  // namespace hotswap::detail
