// The peak of a command's memory, read at its exit. wait4 is no help: the kernel counts what the process had before its
// exec, which is our memory.
#include "harness/command.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <stdexcept>

namespace bench {

namespace {

double peak_of(pid_t pid) {
    std::ifstream status(fmt::format("/proc/{}/status", pid));
    for (std::string word; status >> word;)
        if (double kilobytes = 0; word == "VmHWM:" && status >> kilobytes) return kilobytes * 1024;
    return 0;
}

// Ends the process that is looked at, also if the look fails.
class traced {
public:
    explicit traced(std::vector<char*> const& arguments) : pid_(fork()) {
        if (pid_ != 0) return;
        dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
        if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0) execvp(arguments[0], arguments.data());
        _exit(127);
    }
    ~traced() {
        if (pid_ <= 0) return;
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    traced(traced const&) = delete;
    traced& operator=(traced const&) = delete;

    /// The peak at the exit; 0 if it cannot be read.
    double run() {
        double peak = 0;
        int status = 0;
        if (waitpid(pid_, &status, 0) != pid_ || !WIFSTOPPED(status)) return 0;
        ptrace(PTRACE_SETOPTIONS, pid_, nullptr, PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL);
        for (long signal = 0;; signal = WSTOPSIG(status)) {
            if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXIT << 8)) {
                peak = peak_of(pid_);
                signal = 0;
            }
            if (ptrace(PTRACE_CONT, pid_, nullptr, signal) != 0) return 0;
            if (waitpid(pid_, &status, 0) != pid_) return 0;
            if (WIFSTOPPED(status)) continue;
            pid_ = -1;
            return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? peak : 0;
        }
    }

private:
    pid_t pid_;
};

}  // namespace

double peak_memory(std::vector<std::string> const& words) {
    std::vector<char*> arguments;
    for (auto const& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    double const peak = traced(arguments).run();
    if (peak == 0)
        throw std::runtime_error(
            fmt::format("the memory of {} cannot be read: it failed, or ptrace is forbidden here",
                        fmt::join(words, " ")));
    return peak;
}

}  // namespace bench
