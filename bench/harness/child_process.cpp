#include "harness/child_process.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace bench {

namespace {

[[noreturn]] void fail(int error, std::string const& doing) {
    throw std::system_error(error, std::generic_category(), doing);
}

}  // namespace

child_process::child_process(std::vector<std::string> const& words) : name_(words.at(0)) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) fail(errno, "socketpair");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    std::vector<char*> arguments;
    for (auto const& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    int const error = posix_spawnp(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    socket_ = ends[0];
    if (error == 0) return;
    close(socket_);
    fail(error, fmt::format("starting {}", name_));
}

child_process::~child_process() {
    close(socket_);
    if (pid_ > 0) waitpid(pid_, nullptr, 0);
}

void child_process::write_line(std::string const& line) {
    std::string const text = line + '\n';
    for (std::size_t sent = 0; sent != text.size();) {
        auto const n = send(socket_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
        if (n < 0) fail(errno, fmt::format("writing to {}", name_));
        sent += static_cast<std::size_t>(n);
    }
}

std::string child_process::read_line() {
    for (;;) {
        if (auto const end = unread_.find('\n'); end != unread_.npos) {
            std::string line = unread_.substr(0, end);
            unread_.erase(0, end + 1);
            return line;
        }
        char piece[4096];
        auto const n = recv(socket_, piece, sizeof piece, 0);
        if (n < 0 && errno != ECONNRESET) fail(errno, fmt::format("reading from {}", name_));
        if (n <= 0)
            throw std::runtime_error(
                fmt::format("{} {}; a line was expected of it, see above for what it said{}{}", name_,
                            how_it_ended(), unread_.empty() ? "" : ": ", unread_));
        unread_.append(piece, static_cast<std::size_t>(n));
    }
}

std::string child_process::how_it_ended() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    if (WIFSIGNALED(status)) return fmt::format("was ended by signal {}", WTERMSIG(status));
    return fmt::format("ended with status {}", WEXITSTATUS(status));
}

}  // namespace bench
