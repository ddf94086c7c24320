// Stores the results of operations, so that a new process can continue from there.
// For recovery the commit is the rename of the manifest, after the gate has opened: it does not lengthen a
// pause. A swap through the serialized form writes the state of the old generation, which no longer changes,
// at the version that the new module starts from; if that state is gone, the live one is copied as for a
// snapshot.
#pragma once

#include "report/step_recorder.hpp"
#include "slot/slot.hpp"
#include "store/store.hpp"
#include "transfer/migration_path.hpp"

#include <hotswap/detail/base/arguments.hpp>
#include <hotswap/failure.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace hotswap::detail {

/// A state as the store keeps it.
struct kept_state {
    std::uint32_t version = 0;
    std::span<std::byte const> header{};   ///< of the frame
    std::span<std::byte const> payload{};  ///< empty if `header` holds the whole frame
};

/// The snapshot of one of several slots.
struct slot_snapshot {
    slot* of;
    uncommitted_snapshot snapshot;
};

/// One component's part of an operation.
struct durable_part {
    slot* of;
    loaded_module const* next;  ///< before the commit: the next module; afterwards the running one
    /// The generation whose state the running one continues, along `path`; null: the running one's present
    /// state.
    generation const* old = nullptr;
    migration_path const* path = nullptr;
    hotswap::arguments const* arguments = nullptr;
};

/// A component that was recovered on another module, or from another snapshot, than its entry names.
struct recovered_slot {
    slot const* of;
    stored_snapshot snapshot;
    hotswap::arguments arguments{};    ///< for the migrations that the snapshot still needs
    std::string rolled_back_digest{};  ///< of the module that is not loaded again; empty: none
    std::string rolled_back_reason{};
};

/// The store, as operations on slots use it. A call is about the slot whose operation the caller holds. The
/// slot's gate is open then, so that no caller waits for a disk; except for the last state of an unload, and
/// for a component that does not serve yet.
/// Errors:   of all: store_full, store_read_only, store_failed.
/// Threads:  [any]
class durability {
public:
    explicit durability(store& kept) noexcept : store_(kept) {}

    /// Before the gates close: keeps the next modules, and notes the intent.
    result<std::uint64_t> begin(std::string_view operation, std::span<durable_part const> parts,
                                bool on_probation);
    /// Notes that the operation did not happen, and why.
    void refused(std::uint64_t id, errc why) noexcept;
    /// Notes that the operation happened, but is not in the store.
    void not_durable(std::uint64_t id) noexcept;
    /// Stores the new generations, which run already: all of them or none.
    /// Effects:  closes the gate of a component whose state was not moved while its state is copied.
    result<void> commit(std::uint64_t id, std::span<durable_part const> parts, step_recorder const& steps);
    /// Stores a first generation, which is about to serve.
    result<void> commit_first(slot const& slot, generation const& first);
    /// Stores the last state of a component that is about to be unloaded; its callers are out.
    result<void> commit_unload(slot const& slot);
    /// The same if that state cannot be written: the state in the store stays.
    result<void> commit_unload_as_it_was(slot const& slot);
    /// Stores the snapshots of several components, all or none of them. The last snapshots of a process that
    /// ends well end the probations too.
    result<void> commit_all(std::span<slot_snapshot> taken, bool are_last = false);
    /// Stores the changes of a recovery, and removes the entries that are gone.
    result<void> commit_recovered(std::span<recovered_slot const> changed, std::span<std::string const> gone);
    /// Keeps the module's file, for a set that will name it.
    result<void> keep(loaded_module const& module);
    /// Writes a snapshot that is in no set yet.
    result<uncommitted_snapshot> write(slot const& slot, kept_state const& state);
    /// Notes the file that a probation has sent back, so that a restart does not try it again.
    result<void> note_rollback(slot const& slot, std::string_view digest, std::string_view reason);
    /// Notes that the running generation is no longer on probation: the death of the process does not make it
    /// suspect.
    result<void> note_probation_over(slot const& slot);

private:
    void note_end(std::uint64_t id, std::string_view how, std::string_view why) noexcept;
    struct next_entry;
    result<next_entry> entry_from(durable_part const& part);
    result<next_entry> entry_of_live(slot& slot, step_recorder const& steps);
    result<void> commit_entries(std::span<next_entry> entries);
    result<void> commit_own(slot const& slot, generation const& of, bool unloaded);

    store& store_;
};

}  // namespace hotswap::detail
