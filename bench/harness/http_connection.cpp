#include "harness/http_connection.hpp"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <system_error>
#include <utility>

namespace bench {

namespace {

int connect_to(int family, sockaddr const* where, socklen_t size, std::string const& name) {
    int const socket = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    timeval const patience{10, 0};
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (socket >= 0 && connect(socket, where, size) == 0) return socket;
    int const error = errno;
    if (socket >= 0) close(socket);
    throw std::system_error(error, std::generic_category(), "connecting to " + name);
}

// The value of a header in lower case, or nothing.
std::string header(std::string const& head, std::string_view name) {
    auto const at = head.find(fmt::format("\r\n{}:", name));
    if (at == head.npos) return {};
    auto const from = head.find_first_not_of(' ', at + name.size() + 3);
    return head.substr(from, head.find('\r', from) - from);
}

}  // namespace

http_connection::http_connection(std::uint16_t port) {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port);
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socket_ =
        connect_to(AF_INET, reinterpret_cast<sockaddr*>(&where), sizeof where, fmt::format("port {}", port));
    int const on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

http_connection::http_connection(std::filesystem::path const& socket) {
    sockaddr_un where{};
    where.sun_family = AF_UNIX;
    std::strncpy(where.sun_path, socket.c_str(), sizeof where.sun_path - 1);
    socket_ = connect_to(AF_UNIX, reinterpret_cast<sockaddr*>(&where), sizeof where, socket.native());
}

http_connection::~http_connection() {
    if (socket_ >= 0) close(socket_);
}

http_connection::http_connection(http_connection&& from) noexcept
    : socket_(std::exchange(from.socket_, -1)), closes_(from.closes_), got_(std::move(from.got_)) {}

bool http_connection::send(std::string_view text) noexcept {
    while (!text.empty()) {
        auto const size = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return false;
        text.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
}

bool http_connection::receive() {
    char block[16384];
    auto size = recv(socket_, block, sizeof block, 0);
    while (size < 0 && errno == EINTR) size = recv(socket_, block, sizeof block, 0);
    if (size <= 0) return false;
    got_.append(block, static_cast<std::size_t>(size));
    return true;
}

std::optional<http_answer> http_connection::ask(std::string_view request) {
    if (!send(request)) closes_ = true;
    auto end = got_.npos;
    while (!closes_ && (end = got_.find("\r\n\r\n")) == got_.npos)
        if (!receive()) closes_ = true;
    if (end == got_.npos) return std::nullopt;
    std::string head = got_.substr(0, end + 2);
    got_.erase(0, end + 4);
    std::transform(head.begin(), head.end(), head.begin(), [](unsigned char c) { return std::tolower(c); });
    auto const number = [](std::string_view text) {
        std::size_t value = 0;
        std::from_chars(text.data(), text.data() + text.size(), value);
        return value;
    };
    auto const size = number(header(head, "content-length"));
    bool const is_last = header(head, "connection") == "close";
    while (got_.size() < size)
        if (!receive()) {
            closes_ = true;
            return std::nullopt;
        }
    http_answer answer{static_cast<int>(number(std::string_view(head).substr(9, 3))), got_.substr(0, size)};
    got_.erase(0, size);
    closes_ = is_last;
    return answer;
}

bool http_connection::is_open() const noexcept {
    char byte = 0;
    return !closes_ && recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK);
}

std::string http_request(std::string_view method, std::string_view target, std::string_view body,
                         std::string_view headers) {
    auto const described =
        body.empty() ? std::string()
                     : fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", body.size());
    return fmt::format("{} {} HTTP/1.1\r\nHost: bench\r\n{}{}\r\n{}", method, target, headers, described,
                       body);
}

}  // namespace bench
