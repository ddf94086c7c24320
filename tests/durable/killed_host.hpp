// A host in a separate process, with faults; a fault may kill the process.
#pragma once

#include <doctest/doctest.h>

#include <sys/wait.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <string>

namespace hotswap_test {

struct answer {
    int status = 0;  ///< as of waitpid
    std::string said;
};

/// Runs `program` on `directory` with `words`; `faults` as in the environment variable HOTSWAP_FAILPOINTS.
inline answer run_host(std::string const& program, std::filesystem::path const& directory,
                       std::string const& words, std::string const& faults = {}) {
    auto const command =
        "HOTSWAP_FAILPOINTS='" + faults + "' exec " + program + " '" + directory.string() + "' " + words;
    std::FILE* const pipe = popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    answer given;
    char buffer[1024];
    while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) given.said += buffer;
    given.status = pclose(pipe);
    return given;
}

inline bool was_killed(answer const& given) {
    // The host has replaced the shell; if it has not, the shell reports the signal by its exit status.
    return (WIFSIGNALED(given.status) && WTERMSIG(given.status) == SIGKILL) ||
           (WIFEXITED(given.status) && WEXITSTATUS(given.status) == 128 + SIGKILL);
}

}  // namespace hotswap_test
