// A strict HTTP client of the gateway, for the demo and the tests.
#pragma once

#include <boost/json/value.hpp>

#include <chrono>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gateway {

/// The connection was refused, reset, closed or silent for too long.
class connection_lost : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

struct reply {
    unsigned status = 0;
    std::string body{};
    std::vector<std::pair<std::string, std::string>> headers{};
    bool keep_alive = false;

    /// The header's value, or empty.
    std::string_view header(std::string_view name) const;
    /// The body as JSON; null if it is none.
    boost::json::value json() const;
};

/// One connection, kept alive; belongs to one thread.
class http_client {
public:
    using headers = std::vector<std::pair<std::string, std::string>>;

    /// Errors:   throws connection_lost.
    static http_client to_port(unsigned short port);
    /// Errors:   throws connection_lost.
    static http_client to_socket(std::filesystem::path const& path,
                                 std::chrono::seconds patience = std::chrono::seconds{10});

    http_client(http_client&&) noexcept;
    http_client& operator=(http_client&&) noexcept;
    ~http_client();

    /// Sends a request and reads its answer.
    /// Errors:   throws connection_lost.
    reply send(std::string_view method, std::string_view target, std::string_view body = {},
               headers const& more = {});

    /// Writes bytes as they are.
    /// Errors:   throws connection_lost.
    void write(std::string_view bytes);
    /// Reads one answer; `to_head`: the answer has no body, also if its header announces one.
    /// Errors:   throws connection_lost.
    reply read(bool to_head = false);
    /// Waits until the other side closes; false if it sends something instead.
    /// Errors:   throws connection_lost if neither happens.
    bool is_closed();

private:
    struct connection;
    explicit http_client(std::unique_ptr<connection> connection);

    std::unique_ptr<connection> self_;
};

}  // namespace gateway
