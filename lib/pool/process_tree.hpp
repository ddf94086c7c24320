// A program, all processes that it starts, and their output.
#pragma once

#include <hotswap/failure.hpp>

#include <chrono>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

namespace hotswap::detail {

/// How a program ended.
struct tree_ending {
    int status = -1;         ///< the exit status; -1 if it did not exit
    int signal = 0;          ///< that ended it; 0: none
    bool timed_out = false;  ///< it was ended at its deadline, with all that it had started
    bool was_stopped = false;
    std::string output{};  ///< standard output and error: the begin and the end, 64 KiB at most
    std::string marks{};   ///< what it has written to descriptor 3
};

/// Runs a program in a session of its own, with /dev/null as its input, and waits for the end of the program itself: daemons that it has
/// started go on. At the deadline all processes of its session and all its descendants are killed, also those that have gone into
/// the background, or have left the session and their parents: they are known by a variable of the environment, HOTSWAP_CLOSURE.
/// Errors:   pool_failed: it cannot be started.
result<tree_ending> run_tree(std::vector<std::string> arguments, std::vector<std::string> environment,
                             std::filesystem::path const& directory,
                             std::chrono::steady_clock::time_point until, std::stop_token const& stop);

}  // namespace hotswap::detail
