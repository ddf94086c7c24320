// A component, as runtime::status describes it.
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

/// A periodic checkpoint that fails.
struct failing_checkpoint {
    failure last{};                                 ///< of the last attempt
    std::chrono::system_clock::time_point since{};  ///< of the first failed attempt, by the host's clock
    std::uint64_t times = 0;                        ///< in a row
};

/// A component, as `runtime::status` describes it.
struct component_status {
    std::string name{};
    std::string contract{};  ///< "demo.counter 1"
    std::string schema{};    ///< empty for a legacy state
    generation_info running{};
    std::filesystem::path module{};  ///< the file from which it was loaded
    std::string previous_release{};  ///< the target of `revert`; empty if there is none
    bool swapping = false;           ///< whether an operation is in progress on it
    std::uint64_t swaps = 0;         ///< committed so far
    /// Whether a probation may still revert the running generation automatically.
    bool on_probation = false;
    /// errc::rolled_back, with the reason, if a probation reverted a generation; until the next swap commits.
    std::optional<failure> rolled_back{};
    std::string retained{};  ///< old code that is still mapped, and its holder; empty if there is none
    /// Libraries that its modules need and the program does not, and that stay loaded for good:
    /// "libgomp.so.1, which cache-1.0.0.so needs".
    std::vector<std::string> libraries{};
    /// Faults of the running module that did not refuse it.
    std::vector<std::string> warnings{};
    /// The last periodic checkpoint of the runtime, if it failed; until one succeeds.
    std::optional<failing_checkpoint> checkpoint_fails{};
    hotswap::settings settings{};  ///< the answer of `host::settings` in the component
};

}  // namespace hotswap
