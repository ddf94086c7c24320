// Closures: the commands and checks that prove that what a pool has made works.
#pragma once

#include "pool/manifest.hpp"

#include <hotswap/failure.hpp>
#include <hotswap/pool.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace hotswap::detail {

struct closure_ending {
    bool passed = false;
    std::string reason{};  ///< of one that did not pass: the line, and how it failed
    std::string output{};  ///< 64 KiB at most
};

/// Runs a closure in `directory`. The lines up to the next check share one shell, `sh -e`: a `cd` counts for the lines that follow.
/// Errors:   pool_failed: no shell can be started.
result<closure_ending> run_closure(std::vector<closure_step> const& closure,
                                   std::filesystem::path const& directory, pool_options const& options,
                                   std::stop_token const& stop);

}  // namespace hotswap::detail
