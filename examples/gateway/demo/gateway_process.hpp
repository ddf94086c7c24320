// A gateway in a child process, for the demo and the tests.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <sys/types.h>

namespace gateway {

/// A directory that the destructor removes.
class scratch_directory {
public:
    scratch_directory();
    ~scratch_directory();
    scratch_directory(scratch_directory const&) = delete;
    scratch_directory& operator=(scratch_directory const&) = delete;

    std::filesystem::path const& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
};

/// A process whose output is collected; it dies with the thread that started it.
class gateway_process {
public:
    /// Errors:   throws std::system_error.
    gateway_process(std::filesystem::path const& program, std::vector<std::string> const& arguments);
    /// Kills the process if it still runs.
    ~gateway_process();
    gateway_process(gateway_process const&) = delete;
    gateway_process& operator=(gateway_process const&) = delete;

    /// Waits until the gateway serves; returns its port.
    /// Errors:   throws std::runtime_error with the gateway's output if it ends before or takes too long.
    unsigned short wait_until_it_listens();
    /// Waits until the process has written `text`; false if it ends without that, or takes too long.
    bool wait_for_output(std::string_view text);

    void signal(int number) const;
    /// Waits for the end of the process; returns its exit status, or 128 plus the number of the signal that
    /// ended it.
    int wait();
    /// Its exit status, if it has ended.
    std::optional<int> ended();

    pid_t pid() const noexcept { return pid_; }
    /// The whole output so far.
    std::string output();

private:
    void collect(int from);

    pid_t pid_ = -1;
    std::optional<int> status_;
    std::mutex mutex_;
    std::condition_variable more_;
    std::string output_;         // guarded by mutex_
    bool output_ended_ = false;  // guarded by mutex_
    std::thread reader_;
};

/// The files that the process has mapped and that have a module's name: "cache-2.0.0.so".
std::vector<std::string> mapped_modules(pid_t process);

}  // namespace gateway
