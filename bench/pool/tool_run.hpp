// A tool at work, with all the processes that it starts.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace bench {

/// What is given to the system to start a tool.
struct tool_command {
    std::vector<std::string> words;
    std::vector<std::string> environment{};  ///< NAME=value; the tool has our variables too
};

/// How a run ended.
struct tool_end {
    int status = 0;   ///< its exit status; minus the signal that ended it
    double took = 0;  ///< µs
};

/// Threads:  one at a time: while it lives, all children of this process that it did not start before are the tool's.
/// Lifetime: the destructor kills what still runs.
class tool_run {
public:
    /// PATH finds the program; all that it says goes to the end of `log`.
    /// Errors:   std::system_error: no such program, or too many processes.
    tool_run(tool_command const& of, std::filesystem::path const& log);
    ~tool_run();
    tool_run(tool_run const&) = delete;
    tool_run& operator=(tool_run const&) = delete;

    /// Errors:   std::runtime_error after a signal to this process.
    tool_end wait();
    /// Waits until the run has lasted for `lasting`, then ends all of its processes by SIGKILL: those in the group of the first one
    /// by one call, then the others. False: it had ended before.
    /// Errors:   std::runtime_error after a signal to this process.
    bool kill_after(std::chrono::nanoseconds lasting);

private:
    void kill_all();

    std::chrono::steady_clock::time_point began_;
    pid_t pid_ = -1;
};

/// Runs a command to its end.
/// Errors:   std::runtime_error with what it said if it does not end with status 0.
void run_tool(tool_command const& of, std::filesystem::path const& log);

/// While it lives, processes that lose their parent become children of this process, so that a kill finds them; and SIGINT, SIGTERM and
/// SIGHUP make runs throw, so that nothing is left behind.
class tool_supervision {
public:
    tool_supervision();
    ~tool_supervision();
    tool_supervision(tool_supervision const&) = delete;
    tool_supervision& operator=(tool_supervision const&) = delete;
};

}  // namespace bench
