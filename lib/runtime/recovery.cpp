#include "runtime/recovery.hpp"

#include "base/refuse.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace hotswap::detail {

namespace {

/// The outcome of an operation that was interrupted by the end of its process: only the set decides.
std::string verdict_on(journal_entry const& entry, manifest const& set) {
    bool const forward =
        set.number > entry.manifest_number && std::ranges::all_of(entry.what.parts, [&](auto const& part) {
            auto const* const now = set.find(part.component);
            return now != nullptr && now->digest == part.to_digest;
        });
    return forward ? "completed" : "undone";
}

std::string describe(journal_entry const& entry) {
    std::vector<std::string> parts;
    for (auto const& part : entry.what.parts)
        parts.push_back(fmt::format("{} from {} to {}", part.component, part.from_release, part.to_release));
    return fmt::format("{} of {}", entry.what.operation, fmt::join(parts, ", "));
}

/// A release may have ended the process in its first call, before the swap to it was in the store: if it was
/// to be on probation, its file is tried again only by name.
void suspect(recovery_site const& at, intent_part const& part, step_recorder& steps) {
    auto const found = at.components.find(part.component);
    if (!found) return;
    auto& slot = **found;
    if (!slot.operation().take_after_all()) return;
    held_turn const turn(slot.operation());
    if (!slot.is_loaded() || slot.running().info().digest == part.to_digest) return;
    auto why = refuse(errc::rolled_back, phase::probation, "the process died when {} {} began its probation",
                      part.component, part.to_release);
    why.component = part.component;
    auto const reason = why.message;
    slot.note_rollback(std::move(why), part.to_digest,
                       "was running when the process died, as its probation began");
    steps.run(phase::persist,
              [&] { return at.store.durability()->note_rollback(slot, part.to_digest, reason); });
}

/// Reports the operations that have no outcome in the journal, and notes their outcome there.
void settle_interrupted(recovery_site const& at, stored_set const& set, bool trust_suspects,
                        step_recorder& steps) {
    for (auto const& entry : set.journal) {
        if (!entry.unfinished()) continue;
        auto const verdict = verdict_on(entry, set.current);
        steps.warn(phase::persist, fmt::format("{} was interrupted, and is {}", describe(entry), verdict));
        if (entry.what.on_probation != 0 && verdict == "undone" && !trust_suspects)
            for (auto const& part : entry.what.parts) suspect(at, part, steps);
        if (auto noted = at.store.files().note_outcome(entry.id, verdict); !noted)
            steps.warn(phase::persist, noted.error().message);
    }
}

}  // namespace

std::string utc_date(std::int64_t nanoseconds) {
    event at;
    at.time =
        std::chrono::system_clock::time_point(std::chrono::duration_cast<std::chrono::system_clock::duration>(
            std::chrono::nanoseconds(nanoseconds)));
    auto const line = to_string(at);
    return line.substr(0, line.find(' '));
}

result<void> recover(recovery_site const& at, recover_options const& options, step_recorder& steps) {
    if (auto has_store = at.store.expect_durability(); !has_store)
        return steps.refused(has_store.error(), phase::persist);
    if (!at.components.all().empty())
        return steps.refused(
            refuse(errc::already_loaded, phase::persist,
                   "components are loaded already; call recover() on a runtime before anything else"),
            phase::persist);
    auto& files = at.store.files();
    auto set = steps.run(phase::persist, [&] { return files.read(); });
    if (!set) return set.error();
    for (auto const& note : set->notes) steps.warn(phase::persist, note);
    if (auto done = set_recovery(at, *set, options, steps).run(); !done) return done;
    settle_interrupted(at, *set, options.trust_suspects, steps);
    files.sweep();
    at.store.note_recovered();
    steps.finish(fmt::format("set {} of {}", set->current.number, utc_date(set->current.written_ns)));
    return {};
}

}  // namespace hotswap::detail
