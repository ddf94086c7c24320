// The trial of a new module in another process: how it is limited, and what came of it.
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

/// How modules are rehearsed. The limits are those of the helper process; the report names those that could not be put
/// in force.
struct rehearsal_options {
    std::filesystem::path helper{};        ///< hotswap-rehearse; empty: where the package has it
    std::chrono::nanoseconds deadline{0};  ///< by the wall clock; 0: 10 s, and 1 s for each 32 MiB of state
    std::uint64_t address_space = 0;       ///< bytes; 0: 1 GiB and 16 × the serialized state
    /// Of the processor, rounded up to whole seconds; 0: as long as the deadline, and one second.
    std::chrono::nanoseconds cpu_time{0};
    std::uint64_t file_size = std::uint64_t{64} << 20;  ///< of any file that it writes, in bytes
    std::uint64_t open_files = 64;
    std::uint64_t processes = 64;  ///< with threads
    /// The frame on which a component is rehearsed instead of its real state, such as a golden snapshot; nothing, or an
    /// empty answer: the real state. Then the gate is closed once, for as long as it takes to serialize that.
    /// Threads:  called on the thread of the operation.
    std::function<std::vector<std::byte>(std::string_view component)> frame{};
    /// Variables of the host's environment that the helper gets as well. It always gets TZ, LANG, LANGUAGE and LC_*,
    /// LD_LIBRARY_PATH, and the sanitizers' options.
    std::vector<std::string> environment{};
    bool whole_environment = false;  ///< it gets all of them
};

/// What a rehearsal found out.
struct rehearsal_report {
    bool ran = false;
    std::string outcome{};              ///< "passed", or why it did not run
    std::chrono::nanoseconds time{0};   ///< all of it
    std::chrono::nanoseconds pause{0};  ///< of the gate, to copy the state; 0 with a frame of your own
    std::chrono::nanoseconds predicted_pause{
        0};  ///< what it took to export, migrate and construct, rows of tables included
    std::uint64_t state_bytes = 0;            ///< of the serialized state that it was handed
    std::uint64_t peak_memory = 0;            ///< of the helper process, in bytes
    std::vector<std::string> not_in_force{};  ///< limits that do not bind, and why
    std::vector<std::string> log{};           ///< what the component logged, as far as it was kept
    /// What was there after the module was destroyed, and does not refuse it: "3 threads of libgomp.so.1", "1 key of
    /// pthread_key_create".
    std::vector<std::string> left{};
    /// What of the running module was there next to it: "1.0.0, loaded and constructed", or, with the reason, less than that;
    /// empty: it did not run.
    std::string next_to{};
};

/// The report in one line, for a person.
std::string to_string(rehearsal_report const& report);

}  // namespace hotswap
