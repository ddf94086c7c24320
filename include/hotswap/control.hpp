// The control interface: HTTP/1.1 with JSON over a Unix socket, by which an operator drives a running host
// (docs/operator.md). The command line `hotswap` is its client, and so is curl.
#pragma once

#include <hotswap/runtime.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap {

/// The rights of a peer. Each role has those of the ones before it.
enum class control_role : std::uint8_t {
    none,
    viewer,     ///< reads: status, plans, operations, events, metrics
    operator_,  ///< changes what runs: swap, revert, restore, checkpoint, abort; reads states and the audit (printed as "operator")
    admin,      ///< loads and unloads
};

/// "none", "viewer", "operator" or "admin".
std::string_view to_string(control_role role) noexcept;

/// The limits of a control interface; a peer that exceeds one gets an answer that names it.
struct control_limits {
    std::size_t header_bytes = std::size_t{8} << 10U;
    std::size_t body_bytes = std::size_t{1} << 20U;
    std::size_t frame_bytes = std::size_t{1} << 30U;  ///< the body of a restore, which is a frame
    unsigned depth = 16;                              ///< of a JSON body
    unsigned connections = 64;                        ///< at once; a further peer is answered 503
    unsigned operations = 8;                          ///< at once; a further one is refused (busy)
    unsigned changes_per_minute = 600;                ///< of one user; a further one is answered 429
    std::chrono::nanoseconds header_deadline = std::chrono::seconds{10};
    std::chrono::nanoseconds body_deadline = std::chrono::seconds{30};
    std::chrono::nanoseconds idle_deadline = std::chrono::seconds{60};  ///< between requests
};

/// A secret by which a peer over TCP shows who it is.
struct control_token {
    std::string name{};    ///< for the audit
    std::string secret{};  ///< at least 32 random characters, for instance of `openssl rand -hex 32`
    control_role role = control_role::viewer;
};

/// The control interface over TCP, always with TLS (1.2 or newer).
struct control_tcp {
    std::string address{};                ///< to listen at, "127.0.0.1" or "::"; empty: no TCP
    std::uint16_t port = 0;               ///< 0: any that is free, see `control::port`
    std::filesystem::path certificate{};  ///< of the host, with its chain: PEM
    std::filesystem::path key{};          ///< of the certificate: PEM, for no other user to read
    /// Bearer tokens. A peer without a token and without a certificate has no role.
    std::vector<control_token> tokens{};
    std::filesystem::path
        authorities{};  ///< PEM; certificates of clients are theirs; empty: none is accepted
    std::map<std::string, control_role> clients{};  ///< the roles of certificates, by their common names
};

/// How a verb of the host has ended.
struct host_verb_end {
    std::string report{};          ///< JSON; empty: none
    std::optional<failure> why{};  ///< of one that is not done; what was before is then as it was, unless:
    bool is_inconsistent = false;  ///< part of it is done, and could not be undone
};

/// What a verb of the host is called with, besides its body.
struct host_verb_call {
    std::stop_token stop{};  ///< requested by an abort
    /// Makes a line an event (operation `log`) for those who follow the host's events.
    std::function<void(std::string_view line)> tell{};
};

/// A verb that the host adds to its control interface, `POST /v1/NAME`: an operation as the others, with their audit, limits and roles.
struct host_verb {
    std::string name{};                       ///< none that the interface has
    control_role role = control_role::admin;  ///< the least one that may ask
    /// Does it. `body` is the JSON object of the request, without the members "reason" and "wait_ns".
    /// Threads:  a thread of the interface; several may call it at once
    std::function<host_verb_end(std::string_view body, host_verb_call const& call)> run{};
};

/// Options of a control interface.
struct control_options {
    /// The Unix socket. Its directory is made with mode 0700, or 0755 if groups have roles; one that exists has to belong to the
    /// host's user or to root, and other users must not be able to write to it.
    std::filesystem::path socket{};
    /// The roles of groups, by their numbers. The host's user and root are admins; all others have no role.
    std::map<std::uint32_t, control_role> groups{};
    /// The file that records each request for a change (docs/operator.md); empty: none is recorded.
    std::filesystem::path audit{};
    /// The size at which the audit goes on in a new file.
    std::uint64_t audit_file_bytes = std::uint64_t{64} << 20U;
    bool reason_required = false;  ///< whether a change without a reason is refused
    control_limits limits{};
    control_tcp tcp{};
    /// Whether the host notifies a service manager that has started the process (systemd, Type=notify-reload): that it serves, what
    /// it does, and that it is alive; and takes the socket that the manager passes under the name "hotswap", if there is one (then
    /// `socket` may be empty).
    bool service_manager = true;
    std::vector<host_verb> verbs{};  ///< that the host adds, for instance those of pools (<hotswap/pool.hpp>)
};

/// Serves the control interface of a runtime, on threads of its own.
/// Threads:  [control]
/// Lifetime: the runtime outlives it. The destructor ends watches and waits for operations that have begun. In a
///           forked child it does nothing.
class control {
public:
    /// Errors:   throws swap_error with the failure of `open`.
    explicit control(runtime& of, control_options options);

    /// The same, for hosts that need the error as a value.
    /// Errors:   control_failed: the socket or the audit cannot be opened, or another host serves there.
    /// Threads:  [control]
    [[nodiscard]] static result<control> open(runtime& of, control_options options);

    /// The port of TCP; 0: none.
    /// Threads:  [any]
    std::uint16_t port() const noexcept;

    ~control();
    control(control&& from) noexcept;
    control& operator=(control&& from) noexcept;
    control(control const&) = delete;
    control& operator=(control const&) = delete;

private:
    class implementation;
    explicit control(std::unique_ptr<implementation> self) noexcept;

    std::unique_ptr<implementation> self_;
};

}  // namespace hotswap
