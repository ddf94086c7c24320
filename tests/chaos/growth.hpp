// The resources of a process that must not grow with the number of swaps.
#pragma once

#include "findings.hpp"

#include <cstddef>
#include <filesystem>
#include <string_view>

#include <sys/types.h>

namespace chaos {

struct footprint {
    std::size_t descriptors = 0;
    std::size_t threads = 0;
    std::size_t modules = 0;  ///< files below the staging directory that are mapped
    std::size_t staged = 0;   ///< files below the staging directory
    std::size_t zombies = 0;  ///< children that were not waited for
    std::size_t resident_kb = 0;
};

/// Measures a process, and the directory where it stages its modules.
footprint footprint_of(pid_t process, std::filesystem::path const& staging);

/// The remains that are allowed by design: permanently mapped modules, abandoned threads.
struct allowance {
    std::size_t modules = 0;
    std::size_t threads = 0;
    std::size_t resident_kb = 64 * 1024;
};

void expect_no_growth(footprint const& before, footprint const& after, allowance const& allowed,
                      std::string_view of, findings& found);

}  // namespace chaos
