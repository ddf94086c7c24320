#include "durable/durability.hpp"

#include "base/refuse.hpp"
#include "slot/closed_here.hpp"
#include "transfer/byte_buffer.hpp"
#include "transfer/module_calls.hpp"
#include "transfer/snapshot.hpp"

#include <hotswap/detail/state/frame.hpp>

#include <algorithm>
#include <array>
#include <cassert>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace hotswap::detail {

namespace {

// Fills the entry of a component as it runs now; the caller sets the snapshot.
void describe(slot const& slot, generation const& running, stored_component& entry) {
    auto const info = running.info();
    auto const& file = running.module->file();
    auto const of = slot.gate()->contract();
    bool const on_probation = slot.facts().is_suspect;
    // Until the swap itself is in the store, the way back is the set before it.
    if (on_probation && (entry.on_probation == 0 || entry.digest != info.digest))
        entry.way_back = {entry.snapshot, entry.schema_version, entry.arguments};
    if (!on_probation) entry.way_back = {};
    entry.on_probation = on_probation ? 1 : 0;
    entry.name = slot.name();
    entry.contract = of.name;
    entry.contract_number = of.number;
    entry.family = slot.family();
    entry.source = (running.services->origin() / running.source.filename()).string();
    entry.module_name = running.module->staged().name();
    entry.digest = info.digest;
    entry.release = info.release;
    entry.schema = file.schema().name;
    entry.schema_version = info.schema_version;
    entry.generation = info.generation;
    entry.unloaded = 0;
    auto const& before = slot.previous();
    entry.previous = {before.digest, before.release, before.source.string(), before.contract.name,
                      before.contract.number};
    entry.previous_name = before.name;
    auto const values = [](shared_settings const& all) { return all ? all->values() : settings{}; };
    entry.settings = values(running.services->settings());
    entry.settings_before = values(before.settings);
    // A file that was sent back, and has run again since because the host named it, is a file like others.
    if (!slot.was_rolled_back(entry.rolled_back_digest))
        entry.rolled_back_digest = entry.rolled_back_reason = {};
}

/// The library waits for a disk only while callers are served.
void expect_open() noexcept { assert(set_closed_here() == 0); }

stored_component& entry_of(manifest& set, std::string const& name) {
    if (auto* const found = set.find(name)) {
        // A component that comes back was loaded last: a recovery loads in the set's order, and a shutdown
        // reverses it.
        if (found->unloaded != 0)
            std::rotate(found, found + 1, set.components.data() + set.components.size());
        return *set.find(name);
    }
    auto& made = set.components.emplace_back();
    made.name = name;
    return made;
}

void end_probation(stored_component& entry) {
    entry.on_probation = 0;
    entry.way_back = {};
}

/// A state of a module in its serialized form, as a frame in two pieces.
class frame_of {
public:
    result<void> fill(loaded_module const& of, void const* state, std::uint32_t version,
                      hotswap::arguments const& arguments) {
        argument_view const view(arguments);
        if (auto done = export_state(of, state, version, view, payload_.sink()); !done) return done;
        auto const& file = of.file();
        auto const* const entry = file.state(version);
        seal_frame_header(header_, payload_.bytes(),
                          {std::string(version == 0 ? std::string_view{} : file.schema().name),
                           version,
                           entry == nullptr ? 0 : entry->layout,
                           {}});
        version_ = version;
        return {};
    }
    kept_state get() const noexcept { return {version_, header_, payload_.bytes()}; }

private:
    byte_buffer payload_;
    std::array<std::byte, frame_header_size> header_{};
    std::uint32_t version_ = 0;
};

result<void> own_state_of(generation const& of, frame_of& out) {
    return out.fill(*of.module, of.state.get(), of.module->file().descriptor.schema_version, {});
}

}  // namespace

// Keeps the signature with the module, so that a recovery verifies the module as its first load did.
result<void> durability::keep(loaded_module const& module) {
    auto const& copy = *module.staged().copy();
    auto const signature =
        copy.signature() ? std::as_bytes(std::span(*copy.signature())) : std::span<std::byte const>();
    auto const known = store_.keep_known(copy.digest(), signature);
    if (!known) return known.error();
    if (*known) return {};
    auto const content = copy.read();
    if (!content) return content.error();
    auto kept = store_.keep_module(content->bytes, signature);
    if (!kept) return kept.error();
    return {};
}

result<std::uint64_t> durability::begin(std::string_view operation, std::span<durable_part const> parts,
                                        bool on_probation) {
    expect_open();
    intent what;
    what.operation = operation;
    what.on_probation = on_probation ? 1U : 0U;
    for (auto const& part : parts) {
        if (auto kept = keep(*part.next); !kept) return kept.error();
        auto const from = part.of->running().info();
        what.parts.push_back({part.of->name(), from.digest, from.release, part.next->staged().digest(),
                              std::string(part.next->file().release())});
    }
    return store_.note_intent(what);
}

void durability::note_end(std::uint64_t id, std::string_view how, std::string_view why) noexcept {
    try {
        // Nothing depends on the outcome: without it, a recovery reports that the operation was interrupted.
        static_cast<void>(store_.note_outcome(id, std::string(how).append(why)));
    } catch (std::exception const&) {
    }
}

void durability::refused(std::uint64_t id, errc why) noexcept {
    expect_open();
    note_end(id, "refused: ", to_string(why));
}

void durability::not_durable(std::uint64_t id) noexcept {
    expect_open();
    note_end(id, "not durable", {});
}

result<uncommitted_snapshot> durability::write(slot const& slot, kept_state const& state) {
    auto written = store_.write_snapshot(slot.name(), state.version, {state.header, state.payload});
    if (!written) return written.error();
    return uncommitted_snapshot(store_, std::move(*written));
}

/// A component's entry in the next set: a generation, on the state of a snapshot.
struct durability::next_entry {
    detail::slot const* slot;
    generation const* of;
    uncommitted_snapshot snapshot;
    hotswap::arguments arguments{};
    /// The schema version of the module before, which can also read the snapshot.
    std::optional<std::uint32_t> version_before{};
    bool unloaded = false;
};

result<void> durability::commit_entries(std::span<next_entry> entries) {
    auto done = store_.commit([&](manifest& set) {
        for (auto const& each : entries) {
            auto& entry = entry_of(set, each.slot->name());
            describe(*each.slot, *each.of, entry);
            entry.snapshot = *each.snapshot;
            entry.arguments = each.arguments;
            entry.unloaded = each.unloaded ? 1 : 0;
            if (entry.on_probation != 0 && each.version_before)
                entry.way_back = {entry.snapshot, *each.version_before, each.arguments};
        }
    });
    if (!done) return done.error();
    for (auto& each : entries) each.snapshot.keep();
    store_.sweep();
    return {};
}

result<durability::next_entry> durability::entry_from(durable_part const& part) {
    frame_of state;
    auto const& old = *part.old;
    auto done = state.fill(*old.module, old.state.get(), part.path->exchange_version, *part.arguments);
    if (!done) return done.error();
    auto snapshot = write(*part.of, state.get());
    if (!snapshot) return snapshot.error();
    return next_entry{part.of, &part.of->running(), std::move(*snapshot), *part.arguments,
                      old.module->file().descriptor.schema_version};
}

// After a handoff both modules have the same schema.
result<durability::next_entry> durability::entry_of_live(slot& slot, step_recorder const& steps) {
    if (auto kept = keep(*slot.running().module); !kept) return kept.error();
    step_recorder own(steps.sink(), slot.name(), steps.mark().as(operation::checkpoint));
    auto const frame = take_snapshot(slot, own);
    if (!frame) return frame.error();
    auto const version = slot.running().info().schema_version;
    auto snapshot = write(slot, {version, *frame, {}});
    if (!snapshot) return snapshot.error();
    return next_entry{&slot, &slot.running(), std::move(*snapshot), {}, version};
}

result<void> durability::commit(std::uint64_t id, std::span<durable_part const> parts,
                                step_recorder const& steps) {
    expect_open();
    std::vector<next_entry> entries;
    entries.reserve(parts.size());
    for (auto const& part : parts) {
        auto made = part.old != nullptr ? entry_from(part) : entry_of_live(*part.of, steps);
        if (!made) return made.error();
        entries.push_back(std::move(*made));
    }
    if (auto done = commit_entries(entries); !done) return done;
    return store_.note_outcome(id, "committed");
}

result<void> durability::commit_own(slot const& slot, generation const& of, bool unloaded) {
    if (auto kept = keep(*of.module); !kept) return kept;
    frame_of state;
    if (auto done = own_state_of(of, state); !done) return done;
    auto snapshot = write(slot, state.get());
    if (!snapshot) return snapshot.error();
    next_entry entry{&slot, &of, std::move(*snapshot)};
    entry.unloaded = unloaded;
    return commit_entries(std::span(&entry, 1));
}

result<void> durability::commit_first(slot const& slot, generation const& first) {
    return commit_own(slot, first, false);
}

result<void> durability::commit_unload(slot const& slot) { return commit_own(slot, slot.running(), true); }

result<void> durability::commit_unload_as_it_was(slot const& slot) {
    auto done = store_.commit([&](manifest& set) {
        auto* const entry = set.find(slot.name());
        if (entry == nullptr) return;
        entry->unloaded = 1;
        end_probation(*entry);
    });
    if (!done) return done.error();
    return {};
}

// A module whose own commit failed is in no set, and may have been swept.
result<void> durability::commit_all(std::span<slot_snapshot> taken, bool are_last) {
    for (auto const& [slot, snapshot] : taken)
        if (auto kept = keep(*slot->running().module); !kept) return kept;
    auto done = store_.commit([&](manifest& set) {
        for (auto const& [slot, snapshot] : taken) {
            auto& entry = entry_of(set, slot->name());
            describe(*slot, slot->running(), entry);
            entry.snapshot = *snapshot;
            entry.arguments = {};
            if (are_last) end_probation(entry);
        }
    });
    if (!done) return done.error();
    for (auto& each : taken) each.snapshot.keep();
    store_.sweep();
    return {};
}

// Uses the snapshots that are in the store already, so that nothing of the set before is lost.
result<void> durability::commit_recovered(std::span<recovered_slot const> changed,
                                          std::span<std::string const> gone) {
    for (auto const& each : changed)
        if (auto kept = keep(*each.of->running().module); !kept) return kept;
    auto done = store_.commit([&](manifest& set) {
        for (auto const& each : changed) {
            auto& entry = entry_of(set, each.of->name());
            entry.rolled_back_digest = each.rolled_back_digest;
            entry.rolled_back_reason = each.rolled_back_reason;
            describe(*each.of, each.of->running(), entry);
            entry.snapshot = each.snapshot;
            entry.arguments = each.arguments;
        }
        for (auto const& name : gone)
            std::erase_if(set.components, [&name](auto const& each) { return each.name == name; });
    });
    if (!done) return done.error();
    return {};
}

result<void> durability::note_probation_over(slot const& slot) {
    expect_open();
    auto const set = store_.current();
    auto const* const found = set.find(slot.name());
    if (found == nullptr || found->on_probation == 0) return {};
    auto done = store_.commit([&](manifest& next) { end_probation(entry_of(next, slot.name())); });
    if (!done) return done.error();
    return {};
}

result<void> durability::note_rollback(slot const& slot, std::string_view digest, std::string_view reason) {
    expect_open();
    auto done = store_.commit([&](manifest& set) {
        auto& entry = entry_of(set, slot.name());
        entry.rolled_back_digest = digest;
        entry.rolled_back_reason = reason;
    });
    if (!done) return done.error();
    return {};
}

}  // namespace hotswap::detail
