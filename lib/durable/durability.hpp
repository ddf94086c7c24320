// What operations leave in the store, so that a new process can go on from there.
//
// The commit, for recovery, is the rename of the manifest, after the gate has opened: nothing of it lengthens a pause. A
// swap through the serialized form writes the state of the old generation, which no longer changes, at the version that
// the new module starts from; where there is no such state any more, the live one is copied as for a snapshot.
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
    std::span<std::byte const> payload{};  ///< may be part of the same bytes as the header, then empty
};

/// The snapshot of one of several slots.
struct slot_snapshot {
    slot* of;
    uncommitted_snapshot snapshot;
};

/// One component's part of an operation.
struct durable_part {
    slot* of;
    loaded_module const* next;  ///< before the commit: the module that comes; afterwards the one that runs
    /// Whose state the running generation goes on from, the way `path`; null: from the one that it has now.
    generation const* old = nullptr;
    migration_path const* path = nullptr;
    hotswap::arguments const* arguments = nullptr;
};

/// A component that was recovered on another module, or from another snapshot, than its entry names.
struct recovered_slot {
    slot const* of;
    stored_snapshot snapshot;
    hotswap::arguments arguments{};    ///< of the migrations that the snapshot has still to walk
    std::string rolled_back_digest{};  ///< of the module that does not come back; empty: none
    std::string rolled_back_reason{};
};

/// The store, as operations on slots use it. What it is asked for while an operation is held is about that slot.
/// Its gate is open then, so that no caller waits for a disk; but for the last state of what is unloaded, or not served yet.
/// Errors:   of all: store_full, store_read_only, store_failed.
/// Threads:  [any]
class durability {
public:
    explicit durability(store& kept) noexcept : store_(kept) {}

    /// Before the gates close: keeps the modules that come next, and notes what is about to happen.
    result<std::uint64_t> begin(std::string_view operation, std::span<durable_part const> parts,
                                bool on_probation);
    /// It did not happen, and why.
    void refused(std::uint64_t id, errc why) noexcept;
    /// It happened, but not in the store.
    void not_durable(std::uint64_t id) noexcept;
    /// The new generations run: in the store, too, all of them or none.
    /// Effects:  closes the gate of a component whose state was not moved while that is copied.
    result<void> commit(std::uint64_t id, std::span<durable_part const> parts, step_recorder const& steps);
    /// A first generation is about to serve on `state`.
    result<void> commit_first(slot const& slot, generation const& first);
    /// The component is about to be unloaded, its callers are out: its last state is kept.
    result<void> commit_unload(slot const& slot);
    /// The same where that state cannot be written: the one before stays.
    result<void> commit_unload_as_it_was(slot const& slot);
    /// The snapshots of several components, all or none of them. The last ones of a process that ends well end their
    /// probations too.
    result<void> commit_all(std::span<slot_snapshot> taken, bool are_last = false);
    /// What a recovery has changed, and which entries are gone.
    result<void> commit_recovered(std::span<recovered_slot const> changed, std::span<std::string const> gone);
    /// The module's file, for a set that is to name it.
    result<void> keep(loaded_module const& module);
    /// A snapshot that is in no set yet.
    result<uncommitted_snapshot> write(slot const& slot, kept_state const& state);
    /// What a probation has sent back, so that it is not tried again after a restart either.
    result<void> note_rollback(slot const& slot, std::string_view digest, std::string_view reason);
    /// The running generation is no longer on probation: a process that dies no longer makes it suspect.
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
