#include "control/peer.hpp"

#include "base/refuse.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace hotswap::detail {

namespace {

std::string name_of(std::uint32_t uid) {
    std::array<char, 4096> memory{};
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwuid_r(uid, &entry, memory.data(), memory.size(), &found) != 0 || found == nullptr)
        return std::to_string(uid);
    return found->pw_name;
}

// The groups of the peer next to its own one; empty if the kernel cannot tell.
std::vector<std::uint32_t> other_groups(int socket) {
    std::vector<std::uint32_t> groups(64);
    for (;;) {
        auto size = static_cast<socklen_t>(groups.size() * sizeof(groups.front()));
        if (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) == 0) {
            groups.resize(size / sizeof(groups.front()));
            return groups;
        }
        if (errno != ERANGE) return {};
        groups.resize(size / sizeof(groups.front()));
    }
}

}  // namespace

std::string payer_of(control_peer const& peer) {
    if (peer.address.empty()) return fmt::format("uid {}", peer.uid);
    if (!peer.token.empty()) return "token " + peer.token;
    // Peers that have shown nothing share one.
    return peer.certificate.empty() ? std::string("strangers") : "certificate " + peer.certificate;
}

control_role role_in(std::vector<std::uint32_t> const& of,
                     std::map<std::uint32_t, control_role> const& groups) {
    auto highest = control_role::none;
    for (auto const group : of)
        if (auto const found = groups.find(group); found != groups.end())
            highest = std::max(highest, found->second);
    return highest;
}

result<control_peer> peer_of(int socket, std::map<std::uint32_t, control_role> const& groups) {
    ucred known{};
    socklen_t size = sizeof(known);
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &known, &size) != 0)
        return refuse(
            errc::control_failed, phase::none,
            "the kernel does not name the process at the other end of the socket ({}); use a Unix socket",
            std::generic_category().message(errno));
    control_peer peer{.uid = known.uid, .gid = known.gid, .pid = known.pid, .name = name_of(known.uid)};
    if (known.uid == ::geteuid() || known.uid == 0) {
        peer.role = control_role::admin;
    } else {
        auto all = other_groups(socket);
        all.push_back(known.gid);
        peer.role = role_in(all, groups);
    }
    return peer;
}

}  // namespace hotswap::detail
