// A component, as runtime::status tells of it.
#pragma once

#include <hotswap/detail/base/arguments.hpp>
#include <hotswap/failure.hpp>
#include <hotswap/report.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace hotswap {

/// A periodic checkpoint that does not succeed.
struct failing_checkpoint {
    failure last{};                                 ///< of the last try
    std::chrono::system_clock::time_point since{};  ///< of the first try that failed, by the host's clock
    std::uint64_t times = 0;                        ///< in a row
};

/// A component, as `runtime::status` tells of it.
struct component_status {
    std::string name{};
    std::string contract{};  ///< "demo.counter 1"
    std::string schema{};    ///< empty for a legacy state
    generation_info running{};
    std::filesystem::path module{};  ///< the file that it was taken from
    std::string previous_release{};  ///< what `revert` would go back to; empty if there is nothing
    bool swapping = false;           ///< whether an operation is at work on it
    std::uint64_t swaps = 0;         ///< committed so far
    bool on_probation = false;       ///< whether the running generation may still be sent back by itself
    std::optional<failure>
        rolled_back{};       ///< errc::rolled_back, with the reason, if a probation sent a generation
                             ///< back; until the next swap commits
    std::string retained{};  ///< old code that is still mapped and what holds it; empty if there is none
    /// Libraries that modules of it need and the program does not, and that stay loaded for good:
    /// "libgomp.so.1, which cache-1.0.0.so needs".
    std::vector<std::string> libraries{};
    /// What is wrong with the running module and did not refuse it.
    std::vector<std::string> warnings{};
    /// If the last periodic checkpoint of the runtime failed; until one succeeds.
    std::optional<failing_checkpoint> checkpoint_fails{};
    hotswap::settings settings{};  ///< what `host::settings` says to it
};

}  // namespace hotswap
