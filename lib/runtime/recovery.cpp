// How a runtime uses its store: opening, recovering, checkpointing.
#include "runtime/core.hpp"
#include "runtime/set_recovery.hpp"
#include "swap/lifecycle.hpp"
#include "transfer/snapshot.hpp"

#include <hotswap/detail/state/frame.hpp>

#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace hotswap::detail {

namespace {

/// What became of an operation that was under way when its process ended: the set decides, and nothing else.
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

/// A release may have ended the process with the first call that it got, before the swap to it was in the store: where it
/// was to be on probation, its file is tried again only by name.
void suspect(runtime_core& core, intent_part const& part, step_recorder& steps) {
    auto const in = core.components.find(part.component);
    if (!in || !(*in)->operation().take_after_all()) return;
    held_turn const turn((*in)->operation());
    if (!(*in)->is_loaded() || (*in)->running().info().digest == part.to_digest) return;
    auto why = refuse(errc::rolled_back, phase::probation, "the process died when {} {} began its probation",
                      part.component, part.to_release);
    why.component = part.component;
    auto const reason = why.message;
    (*in)->note_rollback(std::move(why), part.to_digest,
                         "was running when the process died, as its probation began");
    steps.run(phase::persist, [&] { return core.keeping->note_rollback(**in, part.to_digest, reason); });
}

}  // namespace

std::string date(std::int64_t nanoseconds) {
    event at;
    at.time =
        std::chrono::system_clock::time_point(std::chrono::duration_cast<std::chrono::system_clock::duration>(
            std::chrono::nanoseconds(nanoseconds)));
    auto const line = to_string(at);
    return line.substr(0, line.find(' '));
}

result<std::unique_ptr<store>> open_store(runtime_options const& options) {
    if (options.store.empty()) return std::unique_ptr<store>{};
    return store::open({options.store, options.store_key});
}

result<persistence*> runtime_core::expect_store() noexcept {
    if (!kept) return kept.error();
    if (keeping) return &*keeping;
    return refuse(errc::no_store, phase::persist,
                  "this runtime has no store; name a directory in runtime_options::store");
}

result<void> runtime_core::expect_to_load() {
    if (!probing) return probing.error();
    if (!kept) return kept.error();
    if (!keeping || set_is_here) return {};
    auto const found = (*kept)->read();
    if (!found) return found.error();
    if (found->current.components.empty()) {
        set_is_here = true;
        return {};
    }
    return refuse(errc::invalid_argument, phase::persist,
                  "the store {} holds {} components that were not brought back, and their state would be "
                  "overwritten; call recover() first, or name an empty directory",
                  (*kept)->path().string(), found->current.components.size());
}

result<void> runtime_core::recover(recover_options const& how, step_recorder& steps) {
    auto const keeper_found = expect_store();
    if (!keeper_found) return steps.refused(keeper_found.error(), phase::persist);
    if (!probing) return steps.refused(probing.error());
    if (!components.all().empty())
        return steps.refused(
            refuse(errc::already_loaded, phase::persist,
                   "components are loaded already; call recover() on a runtime before anything else"),
            phase::persist);
    auto set = steps.run(phase::persist, [&] { return (*kept)->read(); });
    if (!set) return set.error();
    for (auto const& note : set->notes) steps.warn(phase::persist, note);
    if (auto done = set_recovery(*this, *set, how, steps).run(); !done) return done;
    for (auto const& entry : set->journal) {
        if (!entry.unfinished()) continue;
        auto const verdict = verdict_on(entry, set->current);
        steps.warn(phase::persist, fmt::format("{} was interrupted, and is {}", describe(entry), verdict));
        if (entry.what.on_probation != 0 && verdict == "undone" && !how.trust_suspects)
            for (auto const& part : entry.what.parts) suspect(*this, part, steps);
        if (auto noted = (*kept)->note_outcome(entry.id, verdict); !noted)
            steps.warn(phase::persist, noted.error().message);
    }
    (*kept)->sweep();
    set_is_here = true;
    steps.finish(fmt::format("set {} of {}", set->current.number, date(set->current.written_ns)));
    return {};
}

result<void> runtime_core::checkpoint(step_recorder& steps) {
    auto const keeper_found = expect_store();
    if (!keeper_found) return steps.refused(keeper_found.error(), phase::persist);
    persistence& keeper = **keeper_found;
    if (auto allowed = expect_to_load(); !allowed) return steps.refused(allowed.error());
    std::vector<slot_snapshot> taken;
    std::vector<held_turn> held;
    for (auto const& in : components.all()) {
        if (in->gate()->held_by_this_thread() || !in->operation().take_after_all())
            return steps.refused(
                refuse(errc::would_deadlock, phase::persist,
                       "this thread is within a call, a lease or an operation of {}; leave that first",
                       in->name()),
                phase::persist);
        held_turn turn(in->operation());
        held.push_back(std::move(turn));
        if (!in->is_loaded()) continue;
        step_recorder own(sink, in->name(), steps.mark());
        auto const frame = take_snapshot(*in, own);
        if (!frame) return frame.error();
        auto written = own.run(phase::persist, [&] {
            return keeper.write(*in, {in->running().info().schema_version, *frame, {}});
        });
        if (!written) return written.error();
        taken.push_back({in.get(), std::move(*written)});
    }
    // A set that is like the one before would only put that out of reach.
    if (!taken.empty())
        if (auto done = steps.run(phase::persist, [&] { return keeper.commit_all(taken); }); !done)
            return done;
    steps.finish(fmt::format("{} components", taken.size()));
    return {};
}

}  // namespace hotswap::detail
