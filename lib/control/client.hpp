// A client of the control interface: what the command line and the tests speak through.
#pragma once

#include "control/tls_client_options.hpp"

#include <hotswap/failure.hpp>

#include <boost/json/value.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace hotswap::detail {

struct control_reply {
    unsigned status = 0;
    std::string type{};
    std::string body{};

    bool is_good() const noexcept { return status >= 200 && status < 300; }
};

/// Why the host has refused, by an answer that is not good. control_failed: the answer does not say.
failure refusal_in(control_reply const& reply);

/// A host that is reached over TCP.
struct control_remote {
    std::string host{};  ///< a name or an address; its certificate has to be for it
    std::string port{};
    tls_client_options tls{};
    std::string token{};  ///< sent with each request; empty: none
};

/// One connection, kept open between requests; belongs to one thread.
class control_client {
public:
    /// Errors:   host_unreachable: nothing listens at the path, or it may not be opened; the message says which.
    static result<control_client> connect(std::filesystem::path const& socket,
                                          std::chrono::nanoseconds patience);
    /// Errors:   host_unreachable, also if the host's certificate is not trusted; control_failed: a file of the options.
    static result<control_client> connect(control_remote const& to, std::chrono::nanoseconds patience);

    control_client(control_client&&) noexcept;
    control_client& operator=(control_client&&) noexcept;
    ~control_client();

    /// Sends a request and reads its answer, within `patience`.
    /// Errors:   host_unreachable: the host closed the connection, or did not answer in time.
    result<control_reply> send(std::string_view method, std::string_view target, std::string_view body,
                               std::chrono::nanoseconds patience);

    using on_event = std::function<bool(std::string_view event, std::string_view data)>;
    /// Reads server-sent events until `f` returns false for the data of one.
    /// Errors:   host_unreachable: the host closed the connection; that of the host, if it refuses.
    result<void> follow(std::string_view target, on_event const& f);

private:
    struct connection;
    explicit control_client(std::unique_ptr<connection> self) noexcept;

    std::unique_ptr<connection> self_;
};

}  // namespace hotswap::detail
