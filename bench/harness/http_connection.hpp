// A connection of a client that speaks just enough HTTP/1.1 for servers we know.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace bench {

/// A whole answer.
struct http_answer {
    int status = 0;
    std::string body{};
};

/// Lifetime: the destructor closes it.
class http_connection {
public:
    /// At 127.0.0.1.
    /// Errors:   std::system_error if there is no server.
    explicit http_connection(std::uint16_t port);
    /// At a Unix socket.
    explicit http_connection(std::filesystem::path const& socket);
    ~http_connection();
    http_connection(http_connection&& from) noexcept;
    http_connection& operator=(http_connection&&) = delete;

    /// Nothing if the connection ended first, or the answer took more than ten seconds.
    std::optional<http_answer> ask(std::string_view request);
    /// Sends without waiting for an answer.
    bool send(std::string_view text) noexcept;
    /// Whether another request may be sent: the server has neither closed the connection nor announced it.
    bool is_open() const noexcept;
    int descriptor() const noexcept { return socket_; }

private:
    bool receive();

    int socket_ = -1;
    bool closes_ = false;
    std::string got_{};
};

/// A request without a body, or with one of JSON. `headers` end with "\r\n" each.
std::string http_request(std::string_view method, std::string_view target, std::string_view body = {},
                         std::string_view headers = {});

}  // namespace bench
