// The effect of a swap, found out without touching anything.
#pragma once

#include <hotswap/failure.hpp>
#include <hotswap/report.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap {

/// The direction in which a swap takes the state.
enum class direction : std::uint8_t { same, upgrade, downgrade };

/// "same", "upgrade" or "downgrade".
std::string_view to_string(direction which) noexcept;

/// The predicted effect of a swap. Each blocker would refuse the swap; without blockers the swap may go
/// ahead.
struct swap_plan {
    std::string component{};
    generation_info from{};
    std::uint64_t configured = 0;    ///< how often `runtime::configure` has changed its settings
    generation_info to{};            ///< its `generation` is the number that it would get
    std::filesystem::path module{};  ///< the file that was chosen
    hotswap::direction direction = hotswap::direction::same;
    std::vector<std::uint32_t> path{};
    std::vector<std::string> losses{};  ///< steps of the path that are marked lossy: "2 → 1"
    bool reversible = false;            ///< whether a revert could walk back afterwards
    bool reversible_without_loss = false;
    bool handoff_possible = false;
    hotswap::transfer transfer = hotswap::transfer::snapshot;  ///< how the state would move
    /// As measured in the rehearsal, if there was one; 0 if the swap is blocked, or would do nothing.
    std::chrono::nanoseconds predicted_pause{0};
    std::uint64_t state_bytes = 0;  ///< of the serialized state, by samples; of tables see `tables`
    table_report tables{};          ///< when rows would be copied, and how much memory the copy takes
    rehearsal_report rehearsal{};   ///< filled if the swap would rehearse: the plan rehearses too
    std::vector<failure> blockers{};
    /// The parts of the new module that would keep it mapped after it is retired.
    std::vector<std::string> keeps_mapped{};
    /// Faults of the new module that do not refuse it, and other facts to know before the swap: files that
    /// were passed over, a step down.
    std::vector<std::string> warnings{};
    /// The file's module runs already: the swap does nothing unless the options force it.
    bool same_content = false;
    bool state_dropped = false;  ///< by `swap_options::fresh_state`
    /// Why the state would go through its serialized form although `transfer::direct` is requested; empty: it
    /// would not.
    std::string serialized_because{};
    /// "demo.counter 1": the handles by this contract would end, because the component would serve another
    /// contract; empty: no handles would end.
    std::string ended_contract{};
    std::uint64_t operation_id = 0;                   ///< of its events
    std::chrono::system_clock::time_point started{};  ///< UTC
};

/// The plan on a few lines, for a person.
std::string to_string(swap_plan const& plan);

/// The predicted effect of a set's swap. One blocker of one component blocks all.
struct set_plan {
    std::vector<swap_plan> components{};          ///< in the order of the set
    std::chrono::nanoseconds predicted_pause{0};  ///< of all of them; 0 if something blocks the set
    bool reversible = false;                      ///< whether a revert of the set could walk back afterwards
    std::vector<failure> blockers{};  ///< the blockers of all components, each with its component's name
    std::uint64_t operation_id = 0;   ///< of its events
    std::chrono::system_clock::time_point started{};  ///< UTC
};

/// The plan on a few lines, for a person.
std::string to_string(set_plan const& plan);

}  // namespace hotswap
