// The result of an operation, phase by phase.
#pragma once

#include <hotswap/detail/report/rehearsal.hpp>
#include <hotswap/detail/slot/generation_info.hpp>
#include <hotswap/failure.hpp>
#include <hotswap/options.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap {

/// One step of an operation.
struct phase_report {
    hotswap::phase phase = hotswap::phase::none;
    std::chrono::nanoseconds duration{0};
    std::uint64_t bytes = 0;  ///< of the file or of the state, for a step that handles one
};

/// When the rows of tables are copied.
enum class table_way : std::uint8_t {
    none,          ///< there are no tables, or they are handed over unchanged
    before_pause,  ///< while the old code served; its writers helped
    in_pause,      ///< with the rest of the state, behind the gate
    unknown,       ///< plan: the answer needs code of a module that has not been rehearsed
};

/// "none", "before_pause", "in_pause" or "unknown".
std::string_view to_string(table_way way) noexcept;

/// How the tables of a state were moved.
struct table_report {
    table_way way = table_way::none;
    std::string reason{};      ///< why they could not be copied before the pause
    std::uint64_t rows = 0;    ///< copied before the pause
    std::uint64_t memory = 0;  ///< bytes of the copy, while original and copy exist; plan: as predicted
    /// How often the copy was begun: more than once if its inputs changed meanwhile.
    unsigned copies = 0;
    std::chrono::nanoseconds first_pause{0};  ///< of the short closing of the gate before the copy
};

/// The loss of a revert that went back to the state before the swap.
struct discarded_writes {
    bool happened = false;
    std::uint64_t calls = 0;         ///< answered since the swap by the generation that is gone
    std::uint64_t elements_now = 0;  ///< in its state's containers and tables when it was retired, by samples
    std::uint64_t elements_before = 0;  ///< of the state that serves again
};

/// The result of a swap, revert or restore.
struct swap_report {
    std::string component{};
    generation_info from{};
    generation_info to{};
    std::vector<std::uint32_t> path{};  ///< the schema versions walked: 1, 2, 3
    std::vector<phase_report> phases{};
    std::chrono::nanoseconds pause{0};  ///< from the gate closing to the gate opening
    std::chrono::nanoseconds total{0};
    std::uint64_t calls_held = 0;              ///< calls that waited at the gate
    std::chrono::nanoseconds longest_wait{0};  ///< the longest of these waits
    /// How often the gate was closed: more than once if an earlier pause was given up.
    unsigned attempts = 1;
    table_report tables{};
    discarded_writes discarded{};
    /// Why the new set could not be stored; the new generation serves nevertheless, and a restart would bring
    /// back the set before.
    std::optional<failure> not_durable{};
    hotswap::transfer transfer = hotswap::transfer::snapshot;  ///< how the state moved
    rehearsal_report rehearsal{};
    unload_report unload{};
    /// Faults of the new module that do not refuse it.
    std::vector<std::string> warnings{};
    /// Whether the file has the content of the module that was running. If so, nothing was done and `from` is
    /// `to`, unless `swap_options` forced the swap.
    bool same_content = false;
    bool state_dropped = false;  ///< by `swap_options::fresh_state`: the old state is gone
    /// Why the state went through its serialized form although `transfer::direct` was requested; empty: it
    /// did not.
    std::string serialized_because{};
    /// "demo.counter 1": the handles by this contract have ended, because the component serves another
    /// contract; empty: no handles have ended.
    std::string ended_contract{};
    /// With `restore_options::keep_replaced`: the state before, as of the pause, as a frame. Empty if it could not be
    /// serialized; the warnings then say why.
    std::vector<std::byte> replaced{};
    std::uint64_t operation_id = 0;                   ///< of its events
    std::chrono::system_clock::time_point started{};  ///< UTC

    /// The report of one phase; zeros if it did not run.
    phase_report of(hotswap::phase step) const noexcept;
};

/// The report on a few lines, for a person.
std::string to_string(swap_report const& report);

/// The result of a set's swap: the whole set is swapped; otherwise the call returns a failure and nothing was
/// done.
struct set_report {
    std::vector<swap_report> components{};  ///< in the order of the set
    std::chrono::nanoseconds pause{0};      ///< from all gates closing to all gates opening
    std::chrono::nanoseconds total{0};
    std::uint64_t calls_held = 0;                     ///< calls that waited at any of the gates
    std::chrono::nanoseconds longest_wait{0};         ///< the longest of these waits
    std::optional<failure> not_durable{};             ///< as in `swap_report`, for the whole set
    std::uint64_t operation_id = 0;                   ///< of its events
    std::chrono::system_clock::time_point started{};  ///< UTC
};

/// The report on a few lines, for a person.
std::string to_string(set_report const& report);

/// "850 ns", "12.3 µs", "4.56 ms", "7.89 s".
std::string to_string(std::chrono::nanoseconds duration);

/// One setting that an operation changed.
struct setting_change {
    std::string name{};
    std::string from{};
    std::string to{};
};

/// The result of `runtime::configure`.
struct configure_report {
    std::string component{};
    std::vector<setting_change>
        changes{};  ///< by name; settings that had the wanted value already are not among them
    std::chrono::nanoseconds pause{0};  ///< from the gate closing to the gate opening
    std::uint64_t calls_held = 0;
    /// The settings are in force, but a store does not have them: why.
    std::optional<failure> not_durable{};
    std::uint64_t operation_id = 0;  ///< the same in the operation's events
    std::chrono::system_clock::time_point started{};
};

/// The report in lines.
std::string to_string(configure_report const& report);

}  // namespace hotswap
