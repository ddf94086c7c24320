#include "pool/tool_run.hpp"

#include "pool/file_set.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace bench {

namespace {

namespace fs = std::filesystem;
using clock = std::chrono::steady_clock;

std::vector<char*> pointers_to(std::vector<std::string> const& words) {
    std::vector<char*> all;
    for (auto const& word : words) all.push_back(const_cast<char*>(word.c_str()));
    all.push_back(nullptr);
    return all;
}

std::vector<char*> environment_with(std::vector<std::string> const& more) {
    std::vector<char*> all = pointers_to(more);
    all.pop_back();
    for (char** each = environ; *each != nullptr; ++each) all.push_back(*each);
    all.push_back(nullptr);
    return all;
}

// The parent of a process; 0 if it has ended, which it may do while it is looked at: a stream would throw then.
pid_t parent_of(std::string const& process) {
    int const file = ::open(("/proc/" + process + "/stat").c_str(), O_RDONLY | O_CLOEXEC);
    std::array<char, 512> block{};
    auto const size = file < 0 ? 0 : ::read(file, block.data(), block.size());
    if (file >= 0) ::close(file);
    std::string_view const text(block.data(), size < 0 ? 0 : static_cast<std::size_t>(size));
    auto const name_end = text.rfind(") ");
    pid_t parent = 0;
    if (name_end != text.npos) std::from_chars(text.data() + name_end + 4, text.data() + text.size(), parent);
    return parent;
}

std::vector<pid_t> children() {
    std::vector<pid_t> found;
    for (auto const& each : fs::directory_iterator("/proc")) {
        auto const name = each.path().filename().native();
        pid_t process = 0;
        std::from_chars(name.data(), name.data() + name.size(), process);
        if (process != 0 && parent_of(name) == ::getpid()) found.push_back(process);
    }
    return found;
}

constexpr std::array ending_signals{SIGINT, SIGTERM, SIGHUP};
volatile std::sig_atomic_t is_over = 0;

extern "C" void note_signal(int) { is_over = 1; }

void throw_if_over() {
    if (is_over != 0) throw std::runtime_error("ended by a signal");
}

int status_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status); }

}  // namespace

tool_run::tool_run(tool_command const& of, fs::path const& log) {
    throw_if_over();
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                     0600);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    auto const words = pointers_to(of.words);
    auto const variables = environment_with(of.environment);
    began_ = clock::now();
    int const error = posix_spawnp(&pid_, words.at(0), &actions, &attributes, words.data(), variables.data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (error == 0) return;
    pid_ = -1;
    throw std::system_error(error, std::generic_category(), "starting " + of.words.at(0));
}

tool_run::~tool_run() {
    if (pid_ > 0) kill_all();
}

tool_end tool_run::wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) throw_if_over();
    auto const took = clock::now() - began_;
    pid_ = -1;
    return {status_of(status), std::chrono::duration<double, std::micro>(took).count()};
}

bool tool_run::kill_after(std::chrono::nanoseconds lasting) {
    int const process = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
    if (process < 0) throw std::system_error(errno, std::generic_category(), "pidfd_open");
    auto const left = std::max<std::int64_t>((began_ + lasting - clock::now()).count(), 0);
    ::timespec const timeout{left / 1'000'000'000, left % 1'000'000'000};
    ::pollfd waited{.fd = process, .events = POLLIN, .revents = 0};
    bool const had_ended = ::ppoll(&waited, 1, &timeout, nullptr) == 1;
    kill_all();
    ::close(process);
    throw_if_over();
    return !had_ended;
}

void tool_run::kill_all() {
    ::kill(-pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
    for (auto left = children(); !left.empty(); left = children())
        for (auto const each : left) {
            ::kill(each, SIGKILL);
            ::waitpid(each, nullptr, 0);
        }
}

void run_tool(tool_command const& of, fs::path const& log) {
    fs::remove(log);
    auto const end = tool_run(of, log).wait();
    if (end.status != 0)
        throw std::runtime_error(
            fmt::format("{} ended with status {}: {}", fmt::join(of.words, " "), end.status, read_text(log)));
}

tool_supervision::tool_supervision() {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    struct ::sigaction action {};
    action.sa_handler = note_signal;
    for (int const each : ending_signals) ::sigaction(each, &action, nullptr);
}

tool_supervision::~tool_supervision() {
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
    for (int const each : ending_signals) ::signal(each, SIG_DFL);
}

}  // namespace bench
