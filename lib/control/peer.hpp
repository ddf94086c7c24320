// Who is at the other end of a connection.
#pragma once

#include <hotswap/control.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace hotswap::detail {

/// Of a Unix socket: as the kernel has recorded it when the peer connected. Over TCP: by its address, and what it has shown.
struct control_peer {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::int32_t pid = 0;
    std::string name{};  ///< of the user, the number if it has none; over TCP of the token or the certificate
    control_role role = control_role::none;
    std::string address{};      ///< over TCP; else empty
    std::string token{};        ///< the name of the token that the request has; empty: none
    std::string certificate{};  ///< the common name of the certificate; empty: none
};

/// Whose budget of changes a request counts against.
std::string payer_of(control_peer const& peer);

/// The peer of a connected Unix socket, and its role: the host's user and root are admins, others have the highest
/// role of their groups.
/// Errors:   control_failed if the kernel does not name the peer.
result<control_peer> peer_of(int socket, std::map<std::uint32_t, control_role> const& groups);

/// The highest role that `groups` gives to one of `of`.
control_role role_in(std::vector<std::uint32_t> const& of,
                     std::map<std::uint32_t, control_role> const& groups);

}  // namespace hotswap::detail
