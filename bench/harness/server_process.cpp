#include "harness/server_process.hpp"

#include "harness/contestant.hpp"
#include "harness/missing.hpp"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace bench {

namespace {

[[noreturn]] void become(char* const* words, char const* log) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    setpgid(0, 0);
    int const output = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    execv(words[0], words);
    _exit(127);
}

}  // namespace

std::string installed_program(std::string const& name, std::string_view package) {
    char const* const path = std::getenv("PATH");
    std::istringstream folders(fmt::format("{}:/usr/sbin:/usr/local/sbin", path == nullptr ? "" : path));
    for (std::string folder; std::getline(folders, folder, ':');)
        if (auto file = fmt::format("{}/{}", folder, name); access(file.c_str(), X_OK) == 0) return file;
    throw peer_missing(missing_peer(package));
}

std::uint16_t free_port() {
    int const socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    bool const bound = bind(socket, reinterpret_cast<sockaddr*>(&at), size) == 0 &&
                       getsockname(socket, reinterpret_cast<sockaddr*>(&at), &size) == 0;
    int const error = errno;
    close(socket);
    if (!bound) throw std::system_error(error, std::generic_category(), "no free port");
    return ntohs(at.sin_port);
}

server_process::server_process(std::vector<std::string> const& words, std::filesystem::path log)
    : name_(words.at(0)), log_(std::move(log)) {
    std::vector<char*> arguments;
    for (auto const& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    pid_ = fork();
    if (pid_ == 0) become(arguments.data(), log_.c_str());
    if (pid_ < 0) throw std::system_error(errno, std::generic_category(), fmt::format("starting {}", name_));
    setpgid(pid_, pid_);  // here and in the child: the group is there before either uses it
}

server_process::~server_process() {
    if (pid_ > 0) {
        kill(pid_, SIGTERM);
        for (int i = 0; i != 300 && waitpid(pid_, nullptr, WNOHANG) == 0; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds{10});
        // The children that a reload has left to their last connections; and the server itself, if it hangs.
        kill(-pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
}

void server_process::check() {
    int status = 0;
    if (pid_ < 0 || waitpid(pid_, &status, WNOHANG) == 0) return;
    kill(-pid_, SIGKILL);
    pid_ = -1;
    std::ifstream log(log_);
    std::string const said{std::istreambuf_iterator<char>(log), {}};
    throw std::runtime_error(fmt::format("{} ended with status {}: {}", name_,
                                         WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), said));
}

}  // namespace bench
