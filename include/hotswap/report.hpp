// What an operation did, phase by phase.
#pragma once

#include <hotswap/detail/report/rehearsal.hpp>
#include <hotswap/detail/slot/generation_info.hpp>
#include <hotswap/failure.hpp>
#include <hotswap/options.hpp>

#include <chrono>
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
    std::uint64_t bytes = 0;  ///< of the file or of the state, where the step handles any
};

/// When the rows of tables are copied.
enum class table_way : std::uint8_t {
    none,          ///< there are no tables, or they are handed over as they are
    before_pause,  ///< while the old code served, its writers helping
    in_pause,      ///< with the rest of the state, behind the gate
    unknown,       ///< plan: that takes code of a module that has not been rehearsed
};

/// "none", "before_pause", "in_pause" or "unknown".
std::string_view to_string(table_way way) noexcept;

/// What became of the tables of a state.
struct table_report {
    table_way way = table_way::none;
    std::string reason{};      ///< why they could not be copied before the pause
    std::uint64_t rows = 0;    ///< copied before the pause
    std::uint64_t memory = 0;  ///< bytes that their copy takes while both are there; plan: as predicted
    unsigned copies = 0;  ///< how often the copy was begun: again, if what it was made with changed meanwhile
    std::chrono::nanoseconds first_pause{0};  ///< of the short closing of the gate before the copy
};

/// What going back gave up, where it went back to the state before the swap.
struct discarded_writes {
    bool happened = false;
    std::uint64_t calls = 0;            ///< answered since the swap by the generation that is gone
    std::uint64_t elements_now = 0;     ///< of its state's containers and tables when it went, by samples
    std::uint64_t elements_before = 0;  ///< of the state that serves again
};

/// What a swap, revert or restore did.
struct swap_report {
    std::string component{};
    generation_info from{};
    generation_info to{};
    std::vector<std::uint32_t> path{};  ///< the schema versions walked: 1, 2, 3
    std::vector<phase_report> phases{};
    std::chrono::nanoseconds pause{0};  ///< from the gate closing to the gate opening
    std::chrono::nanoseconds total{0};
    std::uint64_t calls_held = 0;              ///< calls that waited at the gate
    std::chrono::nanoseconds longest_wait{0};  ///< of any of them
    unsigned attempts = 1;  ///< how often the gate was closed: again, if a pause before was given up
    table_report tables{};
    discarded_writes discarded{};
    std::optional<failure>
        not_durable{};  ///< why the new set could not be stored; the new generation serves all the same,
                        ///< and a restart would bring back the set before
    hotswap::transfer transfer = hotswap::transfer::snapshot;  ///< how the state went
    rehearsal_report rehearsal{};
    unload_report unload{};
    /// What is wrong with the new module and does not refuse it.
    std::vector<std::string> warnings{};
    /// Whether the file has the content of the module that ran: it runs already. Then nothing was done, and `from` is `to`,
    /// unless `swap_options` forced it.
    bool same_content = false;
    bool state_dropped = false;  ///< by `swap_options::fresh_state`: what ran is gone
    /// Why the state went through its serialized form though `transfer::direct` was asked for; empty: it did not.
    std::string serialized_because{};
    /// "demo.counter 1": the handles by this contract have ended, because the component serves another one; empty: none have.
    std::string ended_contract{};
    std::uint64_t operation_id = 0;                   ///< of its events
    std::chrono::system_clock::time_point started{};  ///< UTC

    /// The report of one phase; zeros if it did not run.
    phase_report of(hotswap::phase step) const noexcept;
};

/// The report on a few lines, for a person.
std::string to_string(swap_report const& report);

/// What the swap of a set did: all of it, or the call has returned a failure and nothing was done.
struct set_report {
    std::vector<swap_report> components{};  ///< in the order of the set
    std::chrono::nanoseconds pause{0};      ///< from all gates closing to all gates opening
    std::chrono::nanoseconds total{0};
    std::uint64_t calls_held = 0;                     ///< calls that waited at any of the gates
    std::chrono::nanoseconds longest_wait{0};         ///< of any of them
    std::optional<failure> not_durable{};             ///< as in `swap_report`, of the whole set
    std::uint64_t operation_id = 0;                   ///< of its events
    std::chrono::system_clock::time_point started{};  ///< UTC
};

/// The report on a few lines, for a person.
std::string to_string(set_report const& report);

/// "850 ns", "12.3 µs", "4.56 ms", "7.89 s".
std::string to_string(std::chrono::nanoseconds duration);

}  // namespace hotswap
