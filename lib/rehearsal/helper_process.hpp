// Runs a program to its end, or to a deadline, whatever the program does.
#pragma once

#include "module/file_io.hpp"

#include <hotswap/failure.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace hotswap::detail {

/// The end of a helper, and its output until then.
struct helper_ending {
    std::string written;
    bool timed_out = false;       ///< it was killed at the deadline
    bool was_stopped = false;     ///< it was killed because the host asked for that
    bool wrote_too_much = false;  ///< it was killed for too much output
    int status = -1;              ///< the exit status; -1 if it did not exit, or if the status is unknown
    int signal = 0;               ///< the signal that ended it; 0: none, or unknown
};

/// Bytes in memory that cannot be changed any more, to be passed to another process.
/// Errors:   no_rehearsal.
result<file_descriptor> seal_in_memory(std::span<std::span<std::byte const> const> parts);

/// Runs `program` with these arguments, the request and report descriptors of rehearsal_wire.hpp and no other
/// descriptors of this process, that environment ("NAME=value"), and its own process group, which is ended
/// with it.
/// Effects:  the calling thread waits; the program dies with that thread. If the host itself reaps all
///           children, the exit status is unknown, and only the output counts.
/// Errors:   no_rehearsal: the program cannot be started.
result<helper_ending> run_helper(std::filesystem::path const& program, std::vector<std::string> arguments,
                                 std::vector<std::string> environment, file_descriptor const& request,
                                 std::size_t most_written, std::chrono::steady_clock::time_point until,
                                 std::stop_token const& stop = {});

}  // namespace hotswap::detail
