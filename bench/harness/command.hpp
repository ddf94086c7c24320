// A command that an operator gives, as a process.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace bench {

/// A process that ends by itself. PATH finds its program; its output is dropped, its errors go to our stderr.
/// Lifetime: the destructor waits for the end.
class command {
public:
    /// Errors:   std::system_error: no such program, or too many processes.
    explicit command(std::vector<std::string> const& words);
    ~command();
    command(command const&) = delete;
    command& operator=(command const&) = delete;

    std::chrono::steady_clock::time_point began() const noexcept { return began_; }
    /// Waits for the end; returns the time since the start, in µs.
    /// Errors:   std::runtime_error with the exit status if it is not 0.
    double finish();

private:
    std::string line_;
    std::chrono::steady_clock::time_point began_;
    pid_t pid_ = -1;
};

/// The most memory that a command had resident, in bytes.
/// Errors:   std::runtime_error if the kernel does not let us look.
double peak_memory(std::vector<std::string> const& words);

}  // namespace bench
