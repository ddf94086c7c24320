// The options of each operation. Every field has an initialiser, so a host names only the fields that it
// sets.
#pragma once

#include <hotswap/contract.hpp>
#include <hotswap/detail/base/arguments.hpp>
#include <hotswap/detail/report/probation.hpp>
#include <hotswap/failure.hpp>
#include <hotswap/module_ref.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap {

/// How the state moves from one generation to the next.
enum class transfer : std::uint8_t {
    /// Always through the serialized form; the old state stays unchanged until the new one is proven.
    snapshot,
    /// The very same object; only between equal schemas and layouts, in constant time. If the order or hash
    /// of keys is not the standard library's, the new code first looks up at most 16384 entries.
    handoff,
    /// The new code reads the running object in place and leaves it unchanged, if both modules are known to
    /// lay it out in the same way; otherwise, and with a pause_budget, as `snapshot`. The report says which,
    /// and why.
    direct,
};

/// "snapshot", "handoff" or "direct".
std::string_view to_string(transfer how) noexcept;

/// When a new module is rehearsed in another process before it is loaded into this one.
enum class rehearse : std::uint8_t {
    never,
    when_new,  ///< once for each file content
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
    /// The answer of `host::settings` in the component, in all its generations until a swap sets others. A
    /// store keeps settings in plain text: keep secrets elsewhere.
    hotswap::settings settings{};
};

/// What a plan has shown, for a swap that may do that and nothing else.
struct expected_change {
    std::uint64_t generation = 0;  ///< the running one: `swap_plan::from.generation`
    std::string digest{};          ///< of the new module's file: `swap_plan::to.digest`
    /// How often its settings had been changed: `swap_plan::configured`; empty: that does not matter.
    std::optional<std::uint64_t> configured{};
};

/// Options of `runtime::swap` and `runtime::plan`.
struct swap_options {
    module_ref module{};  ///< without one: the newest release of the family of the running module
    hotswap::transfer transfer = hotswap::transfer::direct;
    /// How long to wait for the last lease.
    std::chrono::nanoseconds drain_deadline = std::chrono::seconds{5};
    /// The longest pause allowed; work that overruns it is abandoned (docs/operating.md); 0: no limit.
    std::chrono::nanoseconds pause_budget{0};
    std::optional<hotswap::rehearse> rehearse{};  ///< empty: as the runtime's options say
    bool allow_loss = false;         ///< whether the path may contain downgrades that are marked lossy
    hotswap::arguments arguments{};  ///< for migrations that take them
    hotswap::probation probation{};  ///< the time in which a fault of the new generation reverts the swap
    /// Whether the newest release of a family may be a pre-release (2.0.0-rc.1); it always may if the running
    /// release is one.
    bool pre_releases = false;
    /// Whether a file with the content of the running module still gets a pause and a new generation. If
    /// false, the swap does nothing in this case, and the report says `same_content`.
    bool even_if_unchanged = false;
    /// For development: the new generation begins with a default state, and the running generation's state is
    /// dropped, for any schema and layout. The report says so. On a runtime with a store it also needs
    /// `allow_loss`.
    bool fresh_state = false;
    /// The answer of `host::settings` from this generation on; empty: unchanged. A revert restores the
    /// settings before.
    std::optional<hotswap::settings> settings{};
    /// The contract by which the component is called from this generation on; empty: unchanged. If the new
    /// module does not serve the contract before, all handles by that contract end with the swap: their calls
    /// throw component_gone, and `find` by the new contract gives new handles. A revert goes back to the
    /// contract before.
    /// Lifetime: the contract's name stays valid until the operation ends.
    std::optional<hotswap::contract> contract{};
    /// Whether the swap may also end handles of other components that do not change in the same operation.
    bool end_neighbours_handles = false;
    /// The swap is refused (plan_stale) if the running generation or the chosen module is another one; empty: any may be.
    /// A plan ignores it.
    std::optional<expected_change> expected{};
    /// The swap is refused (rolled_back) if a probation has sent the chosen file back, also if it is named.
    bool unless_sent_back = false;
    /// Ends the operation before its commit (aborted); what served before serves on. In the pause, code of a module that uses the
    /// running state is not interrupted. No effect from the commit on.
    std::stop_token stop{};
};

/// One component of a set that is swapped in one transaction.
struct set_member {
    std::string component{};
    /// What the component becomes. Deadline, budget, probation and stop belong to the set: keep their
    /// defaults here.
    swap_options options{};
};

/// Components that are swapped in one transaction.
using component_set = std::vector<set_member>;

/// What a host does in the pause of a transaction, after all states have moved and all new instances are constructed, and right before
/// they serve. A failure refuses the transaction, and the old generations serve on.
/// Threads:  on the thread of the operation, while the gates are closed and callers wait. From here a call to one of the components throws
///           (would_deadlock), and an operation on one of them is refused (busy).
using before_commit = std::function<result<void>()>;

/// Options of `runtime::swap` and `runtime::plan` of a set.
struct set_options {
    /// How long to wait for the last lease on any of them.
    std::chrono::nanoseconds drain_deadline = std::chrono::seconds{5};
    /// The longest pause allowed, for all of them together; 0: no limit.
    std::chrono::nanoseconds pause_budget{0};
    hotswap::probation probation{};  ///< in which a fault of one component reverts all of them
    std::stop_token stop{};          ///< as `swap_options::stop`, for all of them together
    /// Changes of the host that take effect together with the new generations; not called if all components run the wanted content already.
    hotswap::before_commit before_commit{};
};

/// Options of `runtime::revert`.
struct revert_options {
    std::chrono::nanoseconds drain_deadline = std::chrono::seconds{5};
    std::chrono::nanoseconds pause_budget{0};
    bool allow_loss = false;
    hotswap::arguments arguments{};
    /// Go back to the state before the swap, if the downgrade is lossy or missing, or refuses the data. All
    /// writes since the swap are lost, and the report counts them.
    bool discard_writes = false;
    /// Whether a revert that ends handles, as `swap_options::contract` describes, may also end handles of
    /// other components.
    bool end_neighbours_handles = false;
    std::stop_token stop{};                  ///< as `swap_options::stop`
    hotswap::before_commit before_commit{};  ///< as in `set_options`
};

/// Options of `runtime::restore`.
struct restore_options {
    std::chrono::nanoseconds drain_deadline = std::chrono::seconds{5};
    std::chrono::nanoseconds pause_budget{0};
    hotswap::arguments arguments{};
    /// Whether the report has the state that was replaced, as a frame: to restore it again.
    bool keep_replaced = false;
    std::stop_token stop{};  ///< as `swap_options::stop`
};

/// Options of `runtime::unload`.
struct unload_options {
    /// Unload also while other components hold handles to it, whose calls then fail; and also if its state
    /// cannot be written to the store, which then keeps the state before.
    bool force = false;
};

/// Options of `runtime::configure`.
struct configure_options {
    /// How long to wait for the last lease.
    std::chrono::nanoseconds drain_deadline = std::chrono::seconds{5};
    std::stop_token stop{};  ///< as `swap_options::stop`
};

/// The modules that a recovery runs on the stored states.
enum class recover_modules : std::uint8_t {
    stored,  ///< the modules of the set, and no other
    /// If a stored module is refused or damaged: the newest one of its family in the modules directory that
    /// fits.
    newest_if_refused,
    /// For every component, the newest module of its family in the modules directory that fits.
    newest,
};

/// "stored", "newest_if_refused" or "newest".
std::string_view to_string(recover_modules which) noexcept;

/// Options of `runtime::recover`.
struct recover_options {
    /// After an upgrade of host, compiler, ABI or contract: newer modules read the states as in `load` with a
    /// snapshot.
    recover_modules modules = recover_modules::stored;
    /// Components that are left out. Their files in the store move into its folder "aside" and stay there.
    std::vector<std::string> without{};
    /// Whether a generation that was on probation when the process died comes back; if not, the generation
    /// before does.
    bool trust_suspects = false;
};

}  // namespace hotswap

namespace hotswap::detail {
/// The deadline of operations that have no options.
inline constexpr std::chrono::nanoseconds default_drain_deadline = std::chrono::seconds{5};
}  // namespace hotswap::detail
