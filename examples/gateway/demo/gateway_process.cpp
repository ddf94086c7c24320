#include "demo/gateway_process.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <fstream>
#include <set>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace gateway {

namespace {

constexpr std::chrono::seconds longest_silence{30};

[[noreturn]] void run(char* const* command, int output) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    ::execv(command[0], command);
    ::_exit(127);
}

int exit_status(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

}  // namespace

scratch_directory::scratch_directory() {
    std::string pattern = std::filesystem::temp_directory_path() / "hotswap-gateway-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr)
        throw std::system_error(errno, std::generic_category(), "cannot make a directory like " + pattern);
    path_ = pattern;
}

scratch_directory::~scratch_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

gateway_process::gateway_process(std::filesystem::path const& program,
                                 std::vector<std::string> const& arguments) {
    std::vector<std::string> words{program};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> command;
    for (auto& word : words) command.push_back(word.data());
    command.push_back(nullptr);

    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
    pid_ = ::fork();
    if (pid_ == 0) run(command.data(), ends[1]);
    ::close(ends[1]);
    if (pid_ < 0) {
        ::close(ends[0]);
        throw std::system_error(errno, std::generic_category(), "fork");
    }
    reader_ = std::thread([this, from = ends[0]] { collect(from); });
}

gateway_process::~gateway_process() {
    if (!status_) signal(SIGKILL);
    wait();
    reader_.join();
}

void gateway_process::collect(int from) {
    std::array<char, 4096> chunk{};
    for (;;) {
        ssize_t const size = ::read(from, chunk.data(), chunk.size());
        if (size < 0 && errno == EINTR) continue;
        std::lock_guard const lock(mutex_);
        if (size > 0) output_.append(chunk.data(), static_cast<std::size_t>(size));
        output_ended_ = size <= 0;
        more_.notify_all();
        if (output_ended_) break;
    }
    ::close(from);
}

bool gateway_process::wait_for_output(std::string_view text) {
    std::unique_lock lock(mutex_);
    auto const is_there = [&] { return output_.find(text) != output_.npos; };
    more_.wait_for(lock, longest_silence, [&] { return is_there() || output_ended_; });
    return is_there();
}

unsigned short gateway_process::wait_until_it_listens() {
    static constexpr std::string_view before_port = "listening on http://127.0.0.1:";
    unsigned short port = 0;
    if (wait_for_output(", control at ")) {
        auto const said = output();
        auto const at = said.find(before_port);
        if (at != said.npos)
            std::from_chars(said.data() + at + before_port.size(), said.data() + said.size(), port);
    }
    if (port == 0) throw std::runtime_error("the gateway does not serve; it said:\n" + output());
    return port;
}

void gateway_process::signal(int number) const { ::kill(pid_, number); }

int gateway_process::wait() {
    int status = 0;
    while (!status_)
        if (::waitpid(pid_, &status, 0) == pid_)
            status_ = exit_status(status);
        else if (errno != EINTR)
            status_ = -1;
    return *status_;
}

std::optional<int> gateway_process::ended() {
    int status = 0;
    if (!status_ && ::waitpid(pid_, &status, WNOHANG) == pid_) status_ = exit_status(status);
    return status_;
}

std::string gateway_process::output() {
    std::lock_guard const lock(mutex_);
    return output_;
}

std::vector<std::string> mapped_modules(pid_t process) {
    std::set<std::string> files;
    std::ifstream maps(fmt::format("/proc/{}/maps", process));
    for (std::string line; std::getline(maps, line);) {
        auto const slash = line.find('/');
        if (slash == line.npos) continue;
        std::filesystem::path const file = line.substr(slash);
        for (std::string_view const name : {"rate_limiter-", "session-", "cache-"})
            if (file.filename().native().find(name) != std::string::npos) files.insert(file);
    }
    return {files.begin(), files.end()};
}

}  // namespace gateway
