// A server that runs during a measurement.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace bench {

/// The file of a program, also one that only root has in PATH.
/// Errors:   peer_missing with the package.
std::string installed_program(std::string const& name, std::string_view package);

/// A port of 127.0.0.1 that is free now.
std::uint16_t free_port();

/// A process and its descendants.
/// Lifetime: the destructor ends all of them. If we are killed, they get SIGTERM.
class server_process {
public:
    /// Its output and its errors go to `log`.
    /// Errors:   std::system_error: too many processes.
    server_process(std::vector<std::string> const& words, std::filesystem::path log);
    ~server_process();
    server_process(server_process const&) = delete;
    server_process& operator=(server_process const&) = delete;

    /// Errors:   std::runtime_error with the log if it has ended.
    void check();

private:
    std::string name_;
    std::filesystem::path log_;
    pid_t pid_ = -1;
};

}  // namespace bench
