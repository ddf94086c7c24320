#include "control/service_manager.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace hotswap::detail {

namespace {

constexpr int first_passed = 3;

std::string_view variable(char const* name) noexcept {
    auto const* const value = std::getenv(name);
    return value == nullptr ? std::string_view() : std::string_view(value);
}

std::optional<std::uint64_t> number_in(char const* name) noexcept {
    auto const text = variable(name);
    std::uint64_t number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

bool is_for_this_process(char const* name) noexcept {
    auto const process = number_in(name);
    return !process || *process == static_cast<std::uint64_t>(::getpid());
}

// Another line would be another assignment.
std::string in_one_line(std::string_view text) {
    std::string line(text);
    for (auto& each : line)
        if (each == '\n') each = ' ';
    return line;
}

bool is_listening(int socket) noexcept {
    int listens = 0;
    int domain = 0;
    socklen_t size = sizeof listens;
    if (::getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0) return false;
    size = sizeof domain;
    return listens != 0 && ::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
           domain == AF_UNIX;
}

std::vector<std::string_view> parts_of(std::string_view text) {
    std::vector<std::string_view> all;
    while (!text.empty()) {
        auto const end = std::min(text.find(':'), text.size());
        all.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return all;
}

}  // namespace

service_manager::service_manager(bool speaks) {
    if (!speaks) return;
    socket_ = variable("NOTIFY_SOCKET");
    auto const period = number_in("WATCHDOG_USEC");
    if (period && is_for_this_process("WATCHDOG_PID"))
        watchdog_period_ = std::chrono::microseconds(*period / 2);
}

void service_manager::send(std::string const& state) const noexcept {
    sockaddr_un to{};
    if (socket_.empty() || socket_.size() >= sizeof to.sun_path) return;
    to.sun_family = AF_UNIX;
    std::memcpy(to.sun_path, socket_.data(), socket_.size());
    if (to.sun_path[0] == '@') to.sun_path[0] = '\0';  // a name without a file
    int const socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket < 0) return;
    auto const size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
    // A manager that does not listen is no reason to do anything else.
    static_cast<void>(
        ::sendto(socket, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&to), size));
    ::close(socket);
}

void service_manager::ready(std::string_view status) const noexcept {
    if (is_there()) send(fmt::format("READY=1\nSTATUS={}\n", in_one_line(status)));
}

void service_manager::reloading(std::string_view status) const noexcept {
    if (!is_there()) return;
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    auto const time =
        static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(now.tv_nsec) / 1000;
    send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}\nSTATUS={}\n", time, in_one_line(status)));
}

void service_manager::stopping() const noexcept {
    if (is_there()) send("STOPPING=1\n");
}

void service_manager::alive() const noexcept {
    if (is_there()) send("WATCHDOG=1\n");
}

std::optional<int> passed_socket() {
    auto const count = number_in("LISTEN_FDS");
    if (!count || *count == 0 || !number_in("LISTEN_PID") || !is_for_this_process("LISTEN_PID"))
        return std::nullopt;
    auto const names = parts_of(variable("LISTEN_FDNAMES"));
    for (std::uint64_t i = 0; i != *count; ++i) {
        int const socket = first_passed + static_cast<int>(i);
        bool const is_named = i < names.size() && names[i] == "hotswap";
        if ((!is_named && *count != 1) || !is_listening(socket)) continue;
        ::fcntl(socket, F_SETFD, FD_CLOEXEC);
        return socket;
    }
    return std::nullopt;
}

}  // namespace hotswap::detail
