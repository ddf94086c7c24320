// The trial of a new module in another process: its limits and its result.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap {

/// How modules are rehearsed. The limits apply to the helper process; the report names those that could not
/// be put in force.
struct rehearsal_options {
    std::filesystem::path helper{};        ///< hotswap-rehearse; empty: where the package has it
    std::chrono::nanoseconds deadline{0};  ///< by the wall clock; 0: 10 s, and 1 s for each 32 MiB of state
    std::uint64_t address_space = 0;       ///< bytes; 0: 1 GiB and 16 × the serialized state
    /// Processor time, rounded up to whole seconds; 0: as long as the deadline, and one second.
    std::chrono::nanoseconds cpu_time{0};
    std::uint64_t file_size = std::uint64_t{64} << 20;  ///< of any file that it writes, in bytes
    std::uint64_t open_files = 64;
    std::uint64_t processes = 64;  ///< including threads
    /// The frame on which a component is rehearsed instead of its real state, such as a golden snapshot; no
    /// function, or an empty answer: the real state. In that case the gate is closed once, while the real
    /// state is serialized.
    /// Threads:  called on the thread of the operation.
    std::function<std::vector<std::byte>(std::string_view component)> frame{};
    /// Variables of the host's environment that the helper gets as well. It always gets TZ, LANG, LANGUAGE and LC_*,
    /// LD_LIBRARY_PATH, and the sanitizers' options.
    std::vector<std::string> environment{};
    bool whole_environment = false;  ///< it gets the whole environment of the host
};

/// The result of a rehearsal.
struct rehearsal_report {
    bool ran = false;
    std::string outcome{};              ///< "passed", or why it did not run
    std::chrono::nanoseconds time{0};   ///< of the whole rehearsal
    std::chrono::nanoseconds pause{0};  ///< of the gate, to copy the state; 0 with a frame of your own
    /// The time to export, migrate and construct, rows of tables included.
    std::chrono::nanoseconds predicted_pause{0};
    std::uint64_t state_bytes = 0;            ///< of the serialized state that the helper received
    std::uint64_t peak_memory = 0;            ///< of the helper process, in bytes
    std::vector<std::string> not_in_force{};  ///< limits that were not put in force, and why
    std::vector<std::string> log{};           ///< the component's log lines, as far as they were kept
    /// Things left after the module was destroyed that do not refuse it: "3 threads of libgomp.so.1", "1 key
    /// of pthread_key_create".
    std::vector<std::string> left{};
    /// The part of the running module that ran next to it: "1.0.0, loaded and constructed", or, with the
    /// reason, less than that; empty: the running module did not run.
    std::string next_to{};
};

/// The report in one line, for a person.
std::string to_string(rehearsal_report const& report);

}  // namespace hotswap
