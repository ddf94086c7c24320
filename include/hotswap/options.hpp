// What a host may ask of an operation. Every field has an initialiser, so that naming some is enough.
#pragma once

#include <hotswap/contract.hpp>
#include <hotswap/detail/base/arguments.hpp>
#include <hotswap/detail/report/probation.hpp>
#include <hotswap/module_ref.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap {

/// How the state gets from one generation to the next.
enum class transfer : std::uint8_t {
    snapshot,  ///< through its serialized form, always; the old state stays as it was until the new one is
               ///< proven
    /// The very same object; only between equal schemas and layouts, in constant time: where order or hash of keys is
    /// not the standard library's, the new code looks up at most 16384 entries first.
    handoff,
    /// The new code reads the running object where it lies and leaves it as it is, if both modules are known to lay it out in
    /// the same way; otherwise, and with a pause_budget, as `snapshot`. The report says which, and why.
    direct,
};

/// "snapshot", "handoff" or "direct".
std::string_view to_string(transfer how) noexcept;

/// When a new module is tried in another process before it is loaded into this one.
enum class rehearse : std::uint8_t {
    never,
    when_new,  ///< once for each content of a file
    always,
};

/// "never", "when_new" or "always".
std::string_view to_string(rehearse when) noexcept;

/// Options of `runtime::load`.
struct load_options {
    module_ref module{};  ///< without one: the newest release of the family of the component's own name
    std::span<std::byte const> snapshot{};  ///< a frame to start from, instead of a default state
    std::span<std::byte const> legacy{};    ///< data from before hotswap, for the component's `adopt`
    hotswap::arguments arguments{};         ///< for migrations that take them
    bool pre_releases = false;  ///< whether the newest release of a family may be a pre-release (2.0.0-rc.1)
    /// What `host::settings` answers in the component, in all its generations until a swap sets others. A store keeps it in
    /// plain text: secrets belong elsewhere.
    hotswap::settings settings{};
};

/// Options of `runtime::swap` and `runtime::plan`.
struct swap_options {
    module_ref module{};  ///< without one: the newest release of the family of the running module
    hotswap::transfer transfer = hotswap::transfer::direct;
    std::chrono::nanoseconds drain_deadline =
        std::chrono::seconds{5};  ///< how long to wait for the last lease
    std::chrono::nanoseconds pause_budget{
        0};  ///< the longest pause allowed; what overruns it is left to itself (docs/operating.md); 0: no limit
    std::optional<hotswap::rehearse> rehearse{};  ///< empty: as the runtime's options say
    bool allow_loss = false;                      ///< whether downgrades that are marked lossy may be walked
    hotswap::arguments arguments{};               ///< for migrations that take them
    hotswap::probation probation{};  ///< the time in which the new generation may still be sent back
    /// Whether the newest release of a family may be a pre-release (2.0.0-rc.1); if the running one is, it may anyhow.
    bool pre_releases = false;
    /// Whether a file with the content of the running module gets a pause and a generation of its own. Otherwise nothing is
    /// done then, and the report says `same_content`.
    bool even_if_unchanged = false;
    /// For development: the new generation begins with a default state, and the running one's is dropped, whatever its
    /// schema and layout. The report says so. On a runtime with a store it takes `allow_loss` as well.
    bool fresh_state = false;
    /// What `host::settings` says from this generation on; empty: as before. A revert goes back to those before.
    std::optional<hotswap::settings> settings{};
    /// The contract by which the component is called from this generation on; empty: as before. Where the new module does not
    /// serve the one before, all handles by that one end with the swap: their calls throw component_gone, and `find` by the new
    /// one gives others. A revert goes back to the contract before.
    /// Lifetime: of its name, until the operation is over.
    std::optional<hotswap::contract> contract{};
    /// Also where handles that end are those of other components which do not change in the same operation.
    bool end_neighbours_handles = false;
};

/// One component of a set that is swapped as one.
struct set_member {
    std::string component{};
    /// What the component becomes. Deadline, budget and probation are the set's: here they stay as they are by default.
    swap_options options{};
};

/// Components that are swapped as one.
using component_set = std::vector<set_member>;

/// Options of `runtime::swap` and `runtime::plan` of a set.
struct set_options {
    std::chrono::nanoseconds drain_deadline =
        std::chrono::seconds{5};  ///< how long to wait for the last lease on any of them
    std::chrono::nanoseconds pause_budget{
        0};                          ///< the longest pause allowed, for all of them together; 0: no limit
    hotswap::probation probation{};  ///< in which what is wrong with one of them sends all of them back
};

/// Options of `runtime::revert`.
struct revert_options {
    std::chrono::nanoseconds drain_deadline = std::chrono::seconds{5};
    std::chrono::nanoseconds pause_budget{0};
    bool allow_loss = false;
    hotswap::arguments arguments{};
    bool discard_writes =
        false;  ///< go back to the state before the swap, if the downgrade is lossy or missing, or refuses the data;
                ///< what was written since is gone, and the report counts it
    /// Where going back ends handles, as `swap_options::contract` says: also those of other components.
    bool end_neighbours_handles = false;
};

/// Options of `runtime::restore`.
struct restore_options {
    std::chrono::nanoseconds drain_deadline = std::chrono::seconds{5};
    std::chrono::nanoseconds pause_budget{0};
    hotswap::arguments arguments{};
};

/// Options of `runtime::unload`.
struct unload_options {
    /// Also while other components hold handles to it, whose calls fail from then on; and also if its state cannot be written to
    /// the store, which then keeps the one before.
    bool force = false;
};

/// On which modules a recovery puts the stored states.
enum class recover_modules : std::uint8_t {
    stored,  ///< those of the set, and no other
    newest_if_refused,  ///< where one is refused or damaged: the newest one of its family in the modules directory that fits
    newest,  ///< for every component, the newest one of its family in the modules directory that fits
};

/// "stored", "newest_if_refused" or "newest".
std::string_view to_string(recover_modules which) noexcept;

/// Options of `runtime::recover`.
struct recover_options {
    /// After an upgrade of host, compiler, ABI or contract: states are read by newer modules as in `load` with a snapshot.
    recover_modules modules = recover_modules::stored;
    /// Components that are left out. What the store has of them is moved into its folder "aside" and stays there.
    std::vector<std::string> without{};
    /// Whether a generation that was on probation when the process died comes back; otherwise the one before it does.
    bool trust_suspects = false;
};

}  // namespace hotswap

namespace hotswap::detail {
/// The deadline of operations that have no options.
inline constexpr std::chrono::nanoseconds default_drain_deadline = std::chrono::seconds{5};
}  // namespace hotswap::detail
