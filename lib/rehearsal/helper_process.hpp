// A program that is run to its end, or to a deadline, whatever it does meanwhile.
#pragma once

#include "module/file_io.hpp"

#include <hotswap/failure.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace hotswap::detail {

/// How it ended, and what it wrote until then.
struct helper_ending {
    std::string written;
    bool timed_out = false;       ///< it was ended at the deadline
    bool wrote_too_much = false;  ///< and was ended for it
    int status = -1;              ///< of its exit; -1 if it did not exit, or if that cannot be known
    int signal = 0;               ///< that ended it; 0: none, or not known
};

/// Bytes in memory that cannot be changed any more, to be handed to another process.
/// Errors:   no_rehearsal.
result<file_descriptor> seal_in_memory(std::span<std::span<std::byte const> const> parts);

/// Runs `program` with those arguments, the request and report descriptors of rehearsal_wire.hpp, nothing else of this process's
/// descriptors, that environment ("NAME=value"), and a process group of its own, which is ended with it.
/// Effects:  the calling thread waits; the program dies with it. A host that reaps all children by itself takes the
///           ending from us, and then only what was written counts.
/// Errors:   no_rehearsal: it cannot be started.
result<helper_ending> run_helper(std::filesystem::path const& program, std::vector<std::string> arguments,
                                 std::vector<std::string> environment, file_descriptor const& request,
                                 std::size_t most_written, std::chrono::steady_clock::time_point until);

}  // namespace hotswap::detail
