// Drives a gateway by its control interface, for the demo and the tests: a request is one operation, and its answer the operation's end.
#pragma once

#include "http/client.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace gateway {

/// Threads:  belongs to one thread
class owner_client {
public:
    /// Errors:   throws connection_lost.
    explicit owner_client(std::filesystem::path socket,
                          std::chrono::seconds patience = std::chrono::seconds{60});

    /// GET /status: the components, each with its own counts as "statistics". POST /swap/NAME, /plan/NAME, /revert/NAME with the
    /// options as the body; without a name the body lists the members of a set. POST /checkpoint. POST /faults, in builds with
    /// failpoints. Status 200: the report, the plan; 409: the failure of the operation; others: those of the control interface.
    /// Errors:   throws connection_lost.
    reply send(std::string_view method, std::string_view target, std::string_view body = {});

private:
    reply status();
    reply operate(std::string const& verb, boost::json::object body);
    reply ask(std::string_view method, std::string_view target, std::string_view body);

    std::filesystem::path socket_;
    std::chrono::seconds patience_;
    http_client client_;
    std::optional<http_client> faults_;
};

}  // namespace gateway
