// One generation, and the fate of its module, as in reports.
#pragma once

#include <hotswap/contract.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap {

/// One generation, as in reports.
struct generation_info {
    std::uint64_t generation = 0;  ///< 1, 2, 3 … in this component
    std::string release{};         ///< "2.1.0"
    std::uint32_t schema_version = 0;
    std::string build_id{};       ///< hexadecimal, empty if the file has none
    std::string digest{};         ///< BLAKE2b-256 of the module's file, hexadecimal
    contract_revisions serves{};  ///< of the component's contract
};

/// Whether the old code is out of the process.
enum class unload_verdict : std::uint8_t {
    none,      ///< there was nothing to unload
    standby,   ///< the generation is kept ready until a probation ends
    unmapped,  ///< proven: no mapping of the file is left in the process
    retained,  ///< still mapped; the report names the holder
};

/// "none", "standby", "unmapped" or "retained".
std::string_view to_string(unload_verdict verdict) noexcept;

/// The fate of a module that the runtime released.
struct unload_report {
    unload_verdict verdict = unload_verdict::none;
    std::string module{};          ///< the file, by its own name: "cache-1.0.0.so"
    std::string reason{};          ///< the holder of the code, if it is retained
    std::size_t dropped_jobs = 0;  ///< posted jobs of the component that had not begun
    /// Libraries that the module needs and the program does not, and that stay loaded for good, because they
    /// may have threads or callbacks of their own: "libgomp.so.1". Each is listed for the module that loaded
    /// it first.
    std::vector<std::string> libraries{};
    /// Of a forced unload: why the store has the state before instead of the last state; empty: it has the
    /// last state.
    std::string not_kept{};
    /// The id of the events of `runtime::unload`; 0 in the report of another operation. The time is UTC.
    std::uint64_t operation_id = 0;
    std::chrono::system_clock::time_point started{};
};

/// The verdict in one line, for a person.
std::string to_string(unload_report const& report);

}  // namespace hotswap
